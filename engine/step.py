"""A step: an Invoke task that says what shall be true, and which steps have to hold before."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from invoke import Call, Context, Task

from engine.errors import UsageError

_NOTHING = inspect.Signature()
_STARS = inspect.CO_VARARGS | inspect.CO_VARKEYWORDS

Body = TypeVar("Body", bound=Callable[..., Any])


def typical(*, seconds: float = 0, minutes: float = 0) -> Callable[[Body], Body]:
    """Marks a body that takes long: how long it usually takes is shown while it runs."""

    def mark(body: Body) -> Body:
        body.typical_s = seconds + 60 * minutes  # type: ignore[attr-defined]
        return body

    return mark


def local(body: Body) -> Body:
    """Marks a body that prepares the machine it runs on, and nothing else: another machine does it for itself."""
    body.local = True  # type: ignore[attr-defined]
    return body


class Step(Task):
    """A task whose body returns or yields the goals that it brings about.

    The body gets a `Lab` and returns None, one goal, or goals in their order; a generator may read facts
    between its goals. A list among the goals is brought about side by side. The docstring says what is true
    once the step holds.

    typical_s  how long it usually takes, for the screen
    local      it prepares the machine that it runs on
    destroys   it takes away what other steps brought about

    :raises UsageError: a prerequisite is no step
    """

    def __init__(
        self,
        body: Callable[..., Any],
        pre: Iterable[Task | Call] = (),
        *,
        typical_s: float | None = None,
        destroys: bool = False,
        **options: Any,
    ) -> None:
        options.setdefault("name", body.__name__.rstrip("_").replace("_", "-"))
        prerequisites = list(pre)
        for one in prerequisites:
            if not isinstance(one, Task | Call):
                given = getattr(one, "__qualname__", None) or repr(one)
                right = "the step itself, without quotes" if isinstance(one, str) else f"step({given})"
                raise UsageError(f"a prerequisite of '{options['name']}' is {given}, which is no step; write {right}")
        super().__init__(body, **options)
        self.pre = prerequisites  # type: ignore[assignment]
        if prerequisites:  # for `inv --help step`; `inv --list` shows the first line only
            needs = ", ".join(one.name for one in prerequisites)
            said = self.__doc__ or ""
            self.__doc__ = f"{inspect.cleandoc(said) if chr(10) in said else said}\n\nNeeds: {needs}".lstrip()
        self.typical_s: float | None = typical_s or getattr(body, "typical_s", None)
        self.local: bool = getattr(body, "local", False)
        self.destroys = destroys

    @property
    def help_text(self) -> str:
        """The first line of its docstring."""
        return (self.__doc__ or "").strip().partition("\n")[0]

    def argspec(self, body: Callable[..., Any]) -> inspect.Signature:
        """What the command line may give: the parameters behind the lab. Mostly there are none, told at a glance."""
        code = getattr(body, "__code__", None)
        alone = code is not None and code.co_argcount == 1 and not code.co_kwonlyargcount and not code.co_flags & _STARS
        return _NOTHING if alone and not hasattr(body, "__wrapped__") else super().argspec(body)

    # A collection with a namespace copies each of its tasks deeply, and each copy would drag the whole graph
    # behind it along: 20 seconds for a thousand steps. A step is one thing, wherever it is listed.
    def __deepcopy__(self, memo: object) -> Step:
        return self

    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:
        return id(self)

    def __repr__(self) -> str:
        return f"<Step {self.name}>"

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Brings the step's own goals about, without its prerequisites: what Invoke's own executor calls."""
        if not args or not isinstance(args[0], Context):
            raise TypeError(f"step {self.name} is called with a context as its first argument")
        from engine.session import call_step

        outcome = call_step(self, *args, **kwargs)
        self.times_called += 1
        return outcome


def step(body: Callable[..., Any], *pre: Task | Call, **options: Any) -> Step:
    """The step that brings about what `body` says once `pre` hold: `step(cluster.nodes, network)`."""
    return Step(body, pre, **options)
