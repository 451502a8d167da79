"""Maps through time and of two runs: frames of a training to scrub through, two maps laid on one another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from textual.content import Content

from core.views import ItemMap
from tui.lists import Entry, heading
from tui.shell import Thing

_MOST_FRAMES = 400
_LISTED = 40
_Places = npt.NDArray[np.float64]


@dataclass
class Frames:
    """The maps of a training, one an epoch that was seen; `at` is the one shown, None the newest."""

    maps: list[tuple[int, ItemMap]] = field(default_factory=list)
    at: int | None = None

    def add(self, epoch: int, places: ItemMap) -> None:
        """Keep a map; of another choice of items or components nothing is kept before it."""
        last = self.maps[-1][1] if self.maps else None
        if last is not None and (last.items, last.components) != (places.items, places.components):
            self.maps.clear()
        if self.maps and self.maps[-1][0] == epoch:
            self.maps.pop()
        self.maps.append((epoch, places))
        del self.maps[:-_MOST_FRAMES]
        if self.at is not None:
            self.at = min(self.at, len(self.maps) - 1)

    def step(self, step: int) -> tuple[int, ItemMap] | None:
        """Go to an earlier or later frame; None where there are fewer than two."""
        if len(self.maps) < 2:
            return None
        at = len(self.maps) - 1 if self.at is None else self.at
        at = max(0, min(len(self.maps) - 1, at + step))
        self.at = None if at == len(self.maps) - 1 else at
        return self.maps[at]


def laid_over(first: ItemMap, other: ItemMap) -> ItemMap:
    """Another run's map turned, mirrored and scaled so that the items of both lie as near as they can.

    Orthogonal Procrustes; only the items that both show, in the order of the first.
    """
    where = {str(item): index for index, item in enumerate(other.items)}
    shared = [index for index, item in enumerate(first.items) if str(item) in where]
    ours, theirs = (
        _places(first)[shared],
        _places(other)[[where[str(first.items[index])] for index in shared]],
    )
    if len(shared) < 3:
        return replace(other, items=(), titles=(), x=(), y=(), years=(), genres=(), ratings=(), bias=None)
    middle, their_middle = ours.mean(axis=0), theirs.mean(axis=0)
    left, sizes, right = np.linalg.svd((theirs - their_middle).T @ (ours - middle))
    scale = sizes.sum() / max(np.square(theirs - their_middle).sum(), 1e-12)
    moved = scale * (theirs - their_middle) @ (left @ right) + middle
    columns = ("items", "titles", "years", "genres", "ratings")
    kept: dict[str, Any] = {name: tuple(getattr(first, name)[index] for index in shared) for name in columns}
    bias = None if first.bias is None else tuple(first.bias[index] for index in shared)
    return replace(first, **kept, bias=bias, x=tuple(moved[:, 0].tolist()), y=tuple(moved[:, 1].tolist()))


def movers(first: ItemMap, other: ItemMap) -> list[tuple[int, float]]:
    """The items of the second map, by how far they lie from where the first has them; the farthest first."""
    where = {str(item): index for index, item in enumerate(first.items)}
    at = [where[str(item)] for item in other.items]
    away = np.linalg.norm(_places(other) - _places(first)[at], axis=1)
    return [(int(index), float(away[index])) for index in np.argsort(-away, kind="stable")]


def mover_entries(first: ItemMap, other: ItemMap, name: str) -> list[Entry]:
    """Who moved most between two maps, as things to open."""
    if not other.items:
        return [heading(f"{name} shares too few items with this map.")]
    spread = float(_places(first).std()) or 1.0
    found = movers(first, other)
    middle = float(np.median([away for _, away in found])) / spread
    lines = [
        heading(f"Against {name}, laid on this map:"),
        heading(f"half moved less than {middle:.2f}"),
    ]
    return [*lines, *(_entry(other, index, away / spread) for index, away in found[:_LISTED])]


def _entry(places: ItemMap, index: int, away: float) -> Entry:
    title = places.titles[index] or str(places.items[index])
    line = Content.from_markup("[$accent]$away[/]  $title", away=f"{away:5.2f}", title=title)
    return Entry(line, Thing("item", places.items[index], places.titles[index]))


def _places(one: ItemMap) -> _Places:
    return np.column_stack([np.array(one.x, np.float64), np.array(one.y, np.float64)]).reshape(len(one.x), 2)


def turned(across: Sequence[float], depth: Sequence[float], angle: float) -> tuple[float, ...]:
    """Points turned about the upright axis by an angle (radians): what then lies across."""
    x, z = np.asarray(across, np.float64), np.asarray(depth, np.float64)
    return tuple((x * np.cos(angle) + z * np.sin(angle)).tolist())
