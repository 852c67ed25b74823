"""From the requests `setup` and `load` to a `Serving`: codecs, hooks and model put together."""

from __future__ import annotations

from typing import Any

from makinage_worker import encoding, hooks, model, protocol, snapshot
from makinage_worker.encoding import Codec
from makinage_worker.namesakes import HookModules
from makinage_worker.notices import Notices
from makinage_worker.predict import Predictor
from makinage_worker.proxy import ModelProxy
from makinage_worker.serving import Serving, Steps, Topics
from makinage_worker.warm_up import warm_up


class Setup:
    """A `setup` request with its hook modules and encoders imported. Raises SetupError when one can't be."""

    def __init__(self, request: dict[str, Any]) -> None:
        self._folder: str = request["folder"]
        self._config = protocol.untag(request["config"])
        self._modules = HookModules(request)
        hooks.add_folder(self._folder)
        snapshot.install(request["modules"])
        self._topics = Topics(
            sources=[self._codec(source["encoder"]) for source in request["sources"]],
            sink=self._codec(request["sink"]["encoder"]),
            max_output_bytes=request["max_output_bytes"],
        )
        self._factories = {
            step: hooks.import_hook(step, reference, self._folder)
            for step, reference in request["hooks"].items()
            if reference is not None
        }

    def _codec(self, name: str) -> Codec:
        if name in encoding.BUILT_IN:
            return encoding.built_in(name)
        return encoding.user_codec(hooks.import_encoder(name, self._folder))

    def load(self, folder: str, notices: Notices) -> tuple[Serving, dict[str, Any]]:
        """The model of the folder ready to serve, and the payload of `loaded`. Raises SetupError."""
        loaded = model.load(folder, self._modules)
        proxy = ModelProxy(loaded.pyfunc, loaded.plan)
        steps = Steps()
        for step, factory in self._factories.items():
            arguments = (proxy,) if step == "predict" else ()
            setattr(steps, step, hooks.make_step(step, factory, *arguments, config=self._config))
        predictor = Predictor(loaded.pyfunc.predict, notices, stackable=loaded.plan.stackable)
        warm = warm_up(loaded.pyfunc, folder, predictor)
        serving = Serving(self._topics, steps, loaded.plan, predictor, notices)
        answer = {
            "flavour": loaded.flavour,
            "seconds": round(loaded.seconds, 3),
            "dense": serving.dense,
            "warm": warm,
            "warnings": loaded.warnings,
        }
        return serving, answer
