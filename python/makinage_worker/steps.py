"""The three steps and the codecs around them: which of them are the user's, and what that means for their order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from makinage_worker.encoding import Codec

NAMES = ("pre_transform", "predict", "post_transform")


@dataclass(slots=True)
class Steps:
    """The user's functions; None is the default step."""

    pre_transform: Callable[[Any], Any] | None = None
    predict: Callable[[Any], Any] | None = None
    post_transform: Callable[[Any, Any], Any] | None = None

    @property
    def custom(self) -> frozenset[str]:
        """The names of the steps that are the user's."""
        return frozenset(name for name in NAMES if getattr(self, name) is not None)


@dataclass(slots=True)
class Topics:
    """The codecs of the sources, in the order of `setup`, and of the sink, and the sink's largest record in bytes."""

    sources: list[Codec]
    sink: Codec
    max_output_bytes: int


@dataclass(slots=True)
class Ownership:
    """Where user code runs on an event's way: before the predict step, in it, after it."""

    before: bool
    predict: bool
    after: bool

    @classmethod
    def of(cls, topics: Topics, steps: Steps) -> Ownership:
        """What of these steps and codecs is the user's; a model may be, too (`LoadedModel.is_users`)."""
        return cls(
            before=steps.pre_transform is not None or any(codec.is_users for codec in topics.sources),
            predict=steps.predict is not None,
            after=steps.post_transform is not None or topics.sink.is_users,
        )

    def one_by_one(self, *, users_model: bool) -> bool:
        """Whether an event must have passed all steps before user code sees the next one."""
        return self.predict or (self.before and self.after) or (users_model and (self.before or self.after))
