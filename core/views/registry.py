"""All views by name: what the engine answers, what commands there are, what a run can be asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import ModuleType
from typing import Any, NamedTuple

from core import views
from core.errors import UsageError
from core.options import suggest
from core.views import new_items, quality
from core.views.view import Answer, View


class _Entry(NamedTuple):
    """Where a view is found: its class, its command where it has one, and the room."""

    name: str
    command: str = ""
    room: ModuleType = views

    def load(self) -> type[View[Any]]:
        """Load the view's file."""
        view: type[View[Any]] = getattr(self.room, self.name)
        return view


_ENTRIES: Mapping[str, _Entry] = {
    "axes": _Entry("Axes"),
    "biases": _Entry("Biases", "biases"),
    "comparison": _Entry("Comparison", "compare", quality),
    "components": _Entry("Components", "components"),
    "contributions": _Entry("Contributions"),
    "crosstab": _Entry("Crosstab", "crosstab"),
    "diagnosis": _Entry("Diagnosis", "diagnose", quality),
    "expected": _Entry("Expected", "expected"),
    "fold_in": _Entry("FoldIn", "foldin"),
    "fold_in_item": _Entry("FoldInItem", "foldin-item", new_items),
    "fold_in_why": _Entry("FoldInWhy", "foldin-why"),
    "map": _Entry("Map", "map"),
    "name_component": _Entry("NameComponent", "name-component"),
    "prediction": _Entry("Predict", "predict"),
    "ranking": _Entry("Ranking", "rank", quality),
    "search": _Entry("Search", "search"),
    "similar_items": _Entry("SimilarItems", "similar"),
    "similar_users": _Entry("SimilarUsers", "similar-users"),
    "summary": _Entry("Summary", "summary"),
    "top_items": _Entry("TopItems", "recommend"),
    "user_history": _Entry("UserHistory", "history"),
    "why": _Entry("Why", "why"),
}
"""By tag. A view says its tag and command itself; they stand here too, since a command answers one question
out of twenty and loads the file of that one alone."""


class _Views(Mapping[str, type[View[Any]]]):
    """All views by their tags, each loaded when it is looked up."""

    def __getitem__(self, tag: str) -> type[View[Any]]:
        return _ENTRIES[tag].load()

    def __contains__(self, tag: object) -> bool:
        return tag in _ENTRIES

    def __iter__(self) -> Iterator[str]:
        return iter(_ENTRIES)

    def __len__(self) -> int:
        return len(_ENTRIES)


VIEWS: Mapping[str, type[View[Any]]] = _Views()
"""The views by their names on the wire."""


def find_view(tag: str) -> type[View[Any]]:
    """Look a view up; raises UsageError with the nearest name."""
    if tag not in VIEWS:
        raise UsageError(f"There is no view {tag!r}.", hint=suggest(tag, VIEWS))
    return VIEWS[tag]


def view_of(answer: type[Answer]) -> type[View[Any]]:
    """The view that answers with a class of answers."""
    return next(view for view in VIEWS.values() if view.answer_type() is answer)


def view_commands() -> list[str]:
    """The names of the commands of all views that have one; loads no view."""
    return sorted(entry.command for entry in _ENTRIES.values() if entry.command)


def view_of_command(command: str) -> type[View[Any]] | None:
    """The view of a command; None where no view has that one."""
    entries = (entry for entry in _ENTRIES.values() if command and entry.command == command)
    return next((entry.load() for entry in entries), None)
