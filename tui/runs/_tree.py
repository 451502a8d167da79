"""Runs as a tree: an updated run stands below the run that it came from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from tui.files import SavedRun

_DEEPEST = 3
"""Further down lines aren't set in any further: an update of an update … would leave the table."""


def as_tree(runs: Sequence[SavedRun], downward: bool) -> list[SavedRun]:
    """Runs with their branches: each below its parent, where that is among them, the oldest child first.

    `runs` are in the order of the table, the newest first where that is `downward`: a family has the place of
    its newest member.
    """
    names = {run.name for run in runs}
    children: dict[str, list[SavedRun]] = {}
    for run in reversed(runs) if downward else runs:
        if run.parent in names and run.parent != run.name:
            children.setdefault(run.parent, []).append(run)
    by_name, placed, ordered = {run.name: run for run in runs}, set[str](), list[SavedRun]()
    for run in runs:
        if run.name not in placed:
            root = _root(run, by_name)
            ordered += _family(by_name[root], children, placed, "", 0)
    return ordered


def _root(run: SavedRun, by_name: dict[str, SavedRun]) -> str:
    """The oldest ancestor that is listed; in a circle, which only a made-up folder has, the run itself."""
    seen, name = {run.name}, run.name
    while by_name[name].parent in by_name:
        name = by_name[name].parent
        if name in seen:
            return run.name
        seen.add(name)
    return name


def _family(
    run: SavedRun, children: dict[str, list[SavedRun]], placed: set[str], before: str, depth: int
) -> Iterator[SavedRun]:
    """A run and all that came from it; `before` is what stands before its children's branches."""
    placed.add(run.name)
    yield run
    left = [child for child in children.get(run.name, []) if child.name not in placed]
    for number, child in enumerate(left):
        last = number == len(left) - 1
        further = before + ("  " if last else "│ ") if depth < _DEEPEST else before
        first, *others = _family(child, children, placed, further, depth + 1)
        yield replace(first, branch=before + ("└ " if last else "├ "))
        yield from others
