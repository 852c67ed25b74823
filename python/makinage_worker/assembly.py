"""From the requests `setup` and `load` to a `Serving`: codecs, hooks and model put together."""

from __future__ import annotations

from typing import Any

from makinage_worker import (
    custom,
    encoding,
    errors,
    hooks,
    locks,
    model,
    protocol,
    proxy,
    purity,
    snapshot,
    strands,
)
from makinage_worker.desk import Desk
from makinage_worker.encoding import Codec
from makinage_worker.model import LoadedModel
from makinage_worker.namesakes import HookModules
from makinage_worker.native import Libraries, Natives
from makinage_worker.notices import Notices
from makinage_worker.passing import Passing
from makinage_worker.predict import Manner, Predictor
from makinage_worker.proxy import ModelProxy
from makinage_worker.purity import Doubtful, Findings
from makinage_worker.scorer import Scorer
from makinage_worker.serving import Serving
from makinage_worker.steps import Ownership, Steps, Topics
from makinage_worker.warm_up import ExampleFailed, warm_up
from makinage_worker.ways import SideBySide, Ways


class Setup:
    """A `setup` request with its hook modules and encoders imported. Raises SetupError when one can't be."""

    def __init__(self, request: dict[str, Any]) -> None:
        self._folder: str = request["folder"]
        self._config = protocol.untag(request["config"])
        self._operator: str = request["operator"]
        self._row_wise: bool | None = request["row_wise"]
        self._coalesce: bool | None = request["coalesce"]
        self._native: bool = request["native"]
        self._retry_on: list[str] = request["retry_on"]
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

    def _manner(self, loaded: LoadedModel, *, one_by_one: bool) -> Manner:
        """How the model may be called: where it gets one event a call anyway, nothing is to be seen of it first."""
        stackable = loaded.plan.stackable and not one_by_one
        return Manner(self._operator, self._row_wise if stackable else False)

    def _side_by_side(self, loaded: LoadedModel, steps: Steps, desk: Desk, *, users: bool) -> SideBySide | None:
        """Whether events that would have to pass one after the other may pass side by side; says why not, if not.

        `users`: the model has code of the user's in it.
        """
        if self._coalesce is False or self._row_wise is False or not loaded.plan.stackable:
            return None
        found = None if self._coalesce else self._look(steps, users=users)
        why = self._lock(steps) if found is None else None if found.doubtful is None else str(found.doubtful)
        remedy = (
            "To make it quicker, keep that out of the hooks; where no output depends on it, and only there, "
            f"`operators.{self._operator}.coalesce: true` lets them run side by side, unchecked"
        )
        if self._coalesce:
            remedy = "To make it quicker, take the lock out: a worker's hooks run in one thread"
        if why is None and steps.predict is not None and not strands.are_there():
            why = "they could run side by side, and greenlet isn't installed"
            remedy = f"To make it quicker: {errors.install_command(['greenlet'])}"
        if why is not None:
            loaded.warnings.append(
                f"the hooks are run one event at a time, each with a model call of its own: {why}. That is right, and "
                f"slower. {remedy}"
            )
            return None
        quiet = frozenset() if found is None else found.quiet
        return SideBySide(desk, self._operator, on_trial=not self._coalesce, quiet=quiet)

    @staticmethod
    def _lock(steps: Steps) -> str | None:
        """Why not even `coalesce: true` may let events run side by side."""
        found = None if steps.predict is None else locks.lock_of(steps.predict)
        if found is None:
            return None
        return f"predict uses the lock {found}, which one event may hold while the next waits for it"

    def _look(self, steps: Steps, *, users: bool) -> Findings:
        """Whether anybody should rely on the user's code keeping nothing between events."""
        if users:
            what = "has code of the user's in it, too, which may have something in common with them"
            return Findings(Doubtful("the model", what, None))
        return purity.look(self._topics, steps)

    def _warm_up(self, loaded: LoadedModel, folder: str, scorer: Scorer) -> bool:
        try:
            return warm_up(loaded.pyfunc, folder, scorer)
        except ExampleFailed as failed:
            if self._factories.get("pre_transform") is None:
                raise errors.SetupError(failed.report) from failed
            # What the model gets is what the hook makes; MLflow's JSON keeps no categories, for one.
            loaded.warnings.append(
                f"the model can't score its own input example ({failed.report.error}: {failed.report.message}): that "
                "says nothing where pre_transform makes its input, so it is served all the same"
            )
            return False

    def _codec(self, name: str) -> Codec:
        if name in encoding.BUILT_IN:
            return encoding.built_in(name)
        return encoding.user_codec(hooks.import_encoder(name, self._folder))

    def load(self, folder: str, notices: Notices) -> tuple[Serving, dict[str, Any]]:
        """The model of the folder ready to serve, and the payload of `loaded`. Raises SetupError."""
        loaded = model.load(folder, self._modules)
        desk = Desk(loaded.plan, notices, self._manner(loaded, one_by_one=False))
        native = proxy.native(loaded.pyfunc)
        users = loaded.is_users or custom.has_users_code(native)
        # Who counts how often their code is called must not see it called to compare.
        computes = self._native and not users
        asked = Natives(loaded.pyfunc, native, loaded.plan, notices) if computes else Libraries(loaded.pyfunc)
        served = ModelProxy(native, asked, loaded.plan, desk)
        steps = Steps()
        for step, factory in self._factories.items():
            arguments = (served,) if step == "predict" else ()
            setattr(steps, step, hooks.make_step(step, factory, *arguments, config=self._config))
        in_order = Ownership.of(self._topics, steps).one_by_one(users_model=loaded.is_users)
        side_by_side = self._side_by_side(loaded, steps, desk, users=users) if in_order else None
        manner = self._manner(loaded, one_by_one=in_order and side_by_side is None)
        scorer = Scorer(loaded.plan, Predictor(asked.predict, notices, manner))
        warm = self._warm_up(loaded, folder, scorer)
        # Hooks and model have imported what they use: a class of theirs is the one that they raise.
        passing = Passing(self._retry_on)
        loaded.warnings += passing.warnings
        ways = Ways(self._topics, steps, scorer, notices, side_by_side)
        serving = Serving(self._topics, steps, ways, notices, passing)
        answer = {
            "flavour": loaded.flavour,
            "seconds": round(loaded.seconds, 3),
            "dense": serving.dense,
            "mixed": loaded.plan.mixes,
            "columns": loaded.plan.fields,
            "warm": warm,
            "warnings": loaded.warnings,
        }
        return serving, answer
