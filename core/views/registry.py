"""All views by name: what the engine answers, what commands there are, what a run can be asked."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import Any, Generic, ParamSpec, TypeVar

from core import views
from core.errors import UsageError
from core.options import suggest
from core.views import quality
from core.views.view import A, View

P = ParamSpec("P")
R = TypeVar("R")


class _Asks(Generic[P, R]):
    """A method that asks a view: its arguments are the view's, its result the view's answer.

    The view's file is loaded when somebody asks: a command answers one question out of twenty.
    """

    def __init__(self, find: Callable[[], Callable[P, View[Any]]], command: str) -> None:
        self.find, self.command, self.name = find, command, ""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, asker: Asker, owner: type) -> Callable[P, R]:
        view = self.find()

        def ask(*arguments: P.args, **named: P.kwargs) -> R:
            answer: R = asker.ask(view(*arguments, **named))
            return answer

        ask.__doc__, ask.__name__, ask.__qualname__ = view.__doc__, self.name, f"Asker.{self.name}"
        vars(ask)["__signature__"] = inspect.signature(view)
        return ask


def _asks(find: Callable[[], Callable[P, View[A]]], command: str = "") -> _Asks[P, A]:
    return _Asks(find, command)


class Asker:
    """Every view as a method with the view's own arguments: `run.top_items(user=(4,), count=5)`."""

    axes = _asks(lambda: views.Axes)
    biases = _asks(lambda: views.Biases, "biases")
    comparison = _asks(lambda: quality.Comparison, "compare")
    components = _asks(lambda: views.Components, "components")
    contributions = _asks(lambda: views.Contributions)
    crosstab = _asks(lambda: views.Crosstab, "crosstab")
    diagnosis = _asks(lambda: quality.Diagnosis, "diagnose")
    fold_in = _asks(lambda: views.FoldIn, "foldin")
    fold_in_why = _asks(lambda: views.FoldInWhy, "foldin-why")
    map = _asks(lambda: views.Map, "map")
    name_component = _asks(lambda: views.NameComponent, "name-component")
    prediction = _asks(lambda: views.Predict, "predict")
    ranking = _asks(lambda: quality.Ranking, "rank")
    search = _asks(lambda: views.Search, "search")
    similar_items = _asks(lambda: views.SimilarItems, "similar")
    similar_users = _asks(lambda: views.SimilarUsers, "similar-users")
    summarize = _asks(lambda: views.Summary, "summary")
    top_items = _asks(lambda: views.TopItems, "recommend")
    user_history = _asks(lambda: views.UserHistory, "history")
    why = _asks(lambda: views.Why, "why")

    def ask(self, view: View[A]) -> A:
        """Answer a view; raises TastemapError."""
        raise NotImplementedError


def _declared() -> Iterator[_Asks[Any, Any]]:
    return (one for one in vars(Asker).values() if isinstance(one, _Asks))


class _Views(Mapping[str, type[View[Any]]]):
    """All views by their tags; the first look loads them all."""

    @cached_property
    def _by_tag(self) -> dict[str, type[View[Any]]]:
        kinds: list[Any] = [one.find() for one in _declared()]
        return {kind.tag: kind for kind in kinds}

    def __getitem__(self, tag: str) -> type[View[Any]]:
        return self._by_tag[tag]

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_tag)

    def __len__(self) -> int:
        return len(self._by_tag)


VIEWS: Mapping[str, type[View[Any]]] = _Views()
"""The views by their names on the wire."""


def find_view(tag: str) -> type[View[Any]]:
    """Look a view up; raises UsageError with the nearest name."""
    if tag not in VIEWS:
        raise UsageError(f"There is no view {tag!r}.", hint=suggest(tag, VIEWS))
    return VIEWS[tag]


def view_commands() -> list[str]:
    """The names of the commands of all views that have one; loads no view."""
    return sorted(one.command for one in _declared() if one.command)


def view_of_command(command: str) -> type[View[Any]] | None:
    """The view of a command, loaded alone; None where no view has that one."""
    found = next((one for one in _declared() if command and one.command == command), None)
    view: Any = found and found.find()
    return view  # type: ignore[no-any-return]
