"""Somebody who has just arrived: what they rated, what they skipped, and what to ask them next."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from tui.exports import free_path, safe_cell

VARIED = 60
"""So many of the offers are chosen for variety; the rest follow by popularity."""


@dataclass
class Given:
    """A rating given to an item."""

    title: str
    rating: float


@dataclass
class Person:
    """Ratings by item id (as text, the newest last) and the ids of items that aren't known."""

    ratings: dict[str, Given] = field(default_factory=dict)
    skipped: set[str] = field(default_factory=set)

    def rate(self, item: Any, title: str, rating: float) -> None:
        """Give a rating, or change it where it stands."""
        self.ratings[str(item)] = Given(title, rating)
        self.skipped.discard(str(item))

    def forget(self, item: Any) -> None:
        """Take a rating back; the item isn't offered again by itself."""
        if self.ratings.pop(str(item), None) is not None:
            self.skipped.add(str(item))

    def clear(self) -> None:
        """Start anew."""
        self.ratings.clear()
        self.skipped.clear()

    def question(self) -> dict[str, float]:
        """The ratings as the engine wants them."""
        return {item: given.rating for item, given in self.ratings.items()}

    def next_offer(self, offers: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
        """The first item that is neither rated nor skipped."""
        known = self.ratings.keys() | self.skipped
        return next((offer for offer in offers if str(offer["id"]) not in known), None)

    def table(self) -> list[list[str]]:
        """The ratings as rows of a CSV file, with a heading."""
        rows = [
            [safe_cell(item), safe_cell(one.title), f"{one.rating:g}"] for item, one in self.ratings.items()
        ]
        return [["item", "title", "rating"], *rows]


def save_ratings(person: Person) -> Path:
    """Write the ratings into the current folder as CSV; raises OSError where that can't be."""
    path = free_path(Path.cwd() / "my-ratings.csv")
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows(person.table())
    return path


def offer_order(
    found: Sequence[Mapping[str, Any]], places: Mapping[str, tuple[float, float]]
) -> list[Mapping[str, Any]]:
    """Well-known items first, each unlike those before it in genre and place on the map."""
    if not found:
        return []
    features = np.hstack([_genres(found), _places(found, places)])
    known = np.sqrt([max(1, each.get("ratings") or 0) for each in found])
    distance, order = np.full(len(found), np.inf), [0]
    for _ in range(min(VARIED, len(found)) - 1):
        apart = np.sqrt(np.square(features - features[order[-1]]).sum(axis=1))
        distance = np.minimum(distance, apart)
        worth = known * (0.25 + distance)
        worth[order] = -1
        order.append(int(np.argmax(worth)))
    chosen = set(order)
    return [found[at] for at in order] + [each for at, each in enumerate(found) if at not in chosen]


def movements(before: Sequence[str] | None, after: Sequence[str]) -> list[int | None]:
    """How many places each item has risen; None for a new one, and 0 where there is no earlier list."""
    if before is None:
        return [0] * len(after)
    places = {item: place for place, item in enumerate(before)}
    return [places[item] - place if item in places else None for place, item in enumerate(after)]


def _genres(found: Sequence[Mapping[str, Any]]) -> Any:
    names = sorted({name for each in found for name in each.get("genres") or ()})
    columns = np.array([[name in (each.get("genres") or ()) for name in names] for each in found], float)
    columns = columns.reshape(len(found), len(names))
    return columns / np.maximum(1, np.sqrt(columns.sum(axis=1, keepdims=True)))


def _places(found: Sequence[Mapping[str, Any]], places: Mapping[str, tuple[float, float]]) -> Any:
    points = np.array([places.get(str(each["id"]), (0.0, 0.0)) for each in found])
    spread = points.std(axis=0)
    return points / np.where(spread > 0, spread, 1) / 2
