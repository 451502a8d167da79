"""The folding in of a user: the ratings given, the item at hand, what is offered next, and the answer."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from core.readable import disarmed
from core.views import FoldedIn, Found, MapPlace, Recommendation
from tui.files import free_path
from tui.fold_in._rating_keys import RatingKeys

_VARIED = 60
"""So many of the offers are chosen for variety; the rest follow by popularity."""

_UNDONE = 100

Floats = npt.NDArray[np.float64]
Question = Mapping[str, Any]
"""`ratings` and `likes` by the names of the views that fold somebody in."""


@dataclass(frozen=True)
class Item:
    """An item to rate; one that was given a rating before may come without genres and `ratings`."""

    id: str
    title: str
    genres: tuple[str, ...] = ()
    ratings: int | None = None

    @classmethod
    def found(cls, one: Found) -> Item:
        """An item that a search found."""
        return cls(str(one.id), one.title, one.genres, one.ratings)

    @classmethod
    def of(cls, one: Recommendation | MapPlace) -> Item:
        """An item that a model recommends or has on its map."""
        return cls(str(one.item), one.title, one.genres, one.ratings)

    @property
    def name(self) -> str:
        """The title, or the id where there is none."""
        return self.title or self.id


@dataclass
class GivenRating:
    """A rating given to an item; None is a mere like."""

    title: str
    rating: float | None


@dataclass
class GivenRatings:
    """Ratings by item id (as text, the newest last) and the ids of items that aren't known."""

    ratings: dict[str, GivenRating] = field(default_factory=dict)
    skipped: set[str] = field(default_factory=set)

    def rate(self, item: Item, rating: float | None) -> None:
        """Give a rating or, by None, a like; or change it where it stands."""
        self.ratings[item.id] = GivenRating(item.name, rating)
        self.skipped.discard(item.id)

    def forget(self, item: str) -> None:
        """Take a rating back; the item isn't offered again by itself."""
        if self.ratings.pop(item, None) is not None:
            self.skipped.add(item)

    def clear(self) -> None:
        """Start anew."""
        self.ratings.clear()
        self.skipped.clear()

    def question(self) -> Question:
        """What was given as the engine is asked about it."""
        liked = tuple(item for item, given in self.ratings.items() if given.rating is None)
        rated = {item: given.rating for item, given in self.ratings.items() if given.rating is not None}
        return {"ratings": rated, "likes": liked}

    def next_offer(self, offers: Sequence[Item]) -> Item | None:
        """The first item that is neither rated nor skipped."""
        known = self.ratings.keys() | self.skipped
        return next((offer for offer in offers if offer.id not in known), None)

    def table(self) -> list[list[str]]:
        """The ratings as rows of a CSV file, with a heading."""
        rows = [
            [disarmed(item), disarmed(one.title), "" if one.rating is None else f"{one.rating:g}"]
            for item, one in self.ratings.items()
        ]
        return [["item", "title", "rating"], *rows]


def save_ratings(given: GivenRatings, folder: Path) -> Path:
    """Write the ratings into a folder as CSV; raises OSError where that can't be."""
    path = free_path(folder / "my-ratings.csv")
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows(given.table())
    return path


def offer_order(found: Sequence[Item], places: Mapping[str, tuple[float, float]]) -> list[Item]:
    """Well-known items first, each unlike those before it in genre and place on the map."""
    if not found:
        return []
    features = np.hstack([_genres(found), _places(found, places)])
    known = np.sqrt([max(1, each.ratings or 0) for each in found])
    distance, order = np.full(len(found), np.inf), [0]
    for _ in range(min(_VARIED, len(found)) - 1):
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


def _genres(found: Sequence[Item]) -> Floats:
    names = sorted({name for each in found for name in each.genres})
    columns = np.array([[name in each.genres for name in names] for each in found], np.float64)
    columns = columns.reshape(len(found), len(names))
    lengths: Floats = np.sqrt(columns.sum(axis=1, keepdims=True))
    return columns / np.maximum(1, lengths)


def _places(found: Sequence[Item], places: Mapping[str, tuple[float, float]]) -> Floats:
    points = np.array([places.get(each.id, (0.0, 0.0)) for each in found], np.float64)
    spread: Floats = points.std(axis=0)
    return points / np.where(spread > 0, spread, 1) / 2


@dataclass
class FoldInState:
    """Without widgets: `trouble` says why there are no `keys`, `ranks` that likes are what counts.

    `last` is the item rated last, `before` are the ratings before each of the last changes.
    """

    given: GivenRatings = field(default_factory=GivenRatings)
    keys: RatingKeys | None = None
    trouble: str = "the engine is asked"
    ranks: bool = False
    popular: Sequence[Item] = ()
    offers: Sequence[Item] = ()
    taken: Item | None = None
    last: Item | None = None
    before: list[dict[str, GivenRating]] = field(default_factory=list)

    @property
    def counted(self) -> str:
        """What is given, and what training counts."""
        return "likes" if self.ranks else "ratings"

    def note(self) -> None:
        """Remember the ratings as they are, so that the next change can be undone."""
        kept = {item: replace(one) for item, one in self.given.ratings.items()}
        self.before = [*self.before, kept][-_UNDONE:]

    def undo(self) -> bool:
        """Take the last change of the ratings back; False where none was made."""
        if not self.before:
            return False
        self.given.ratings, self.last = self.before.pop(), None
        return True

    @property
    def at_hand(self) -> Item | None:
        """The item that the next key rates: one that was taken up, else the next offer."""
        return self.taken or self.given.next_offer(self.offers)

    def order_offers(self, places: Mapping[str, tuple[float, float]]) -> None:
        """Offer well-known items that differ; an order once begun stays while a training goes on."""
        begun = bool(self.offers and (self.given.ratings or self.given.skipped))
        if self.popular and (places or not self.offers) and not begun:
            self.offers = offer_order(self.popular, places)

    def rate(self, rating: float | None) -> None:
        """Rate the item at hand, or like it, and put it away."""
        item = self.at_hand
        if item is not None:
            self.given.rate(item, rating)
            self.last, self.taken = item, None

    def skip(self) -> None:
        """Put the item at hand away without a rating; a rated one keeps its rating."""
        item = self.at_hand
        if item is not None and item.id not in self.given.ratings:
            self.given.skipped.add(item.id)
        self.taken = None

    def amend(self, steps: int) -> bool:
        """Move the rating of the item at hand, else the last one given; False if neither is rated."""
        item = self.at_hand
        if item is None or item.id not in self.given.ratings:
            item = self.last
        given = self.given.ratings.get(item.id) if item else None
        if given is None or given.rating is None or self.keys is None:
            return False
        given.rating = self.keys.moved(given.rating, steps)
        return True

    def forget(self, item: str) -> None:
        """Take a rating back."""
        self.given.forget(item)
        self.last = None

    def clear(self) -> None:
        """Take all ratings back."""
        self.given.clear()
        self.last = self.taken = None

    def take_up(self, item: Item) -> None:
        """Put an item at hand, whether it is offered or not, with all that is known of it."""
        known = {each.id: each for each in self.popular}
        self.taken = known.get(item.id, item)


@dataclass
class FoldInAnswer:
    """The answer that counts, and how its recommendations moved since the ratings before."""

    result: FoldedIn | None = None
    asked: Question = field(default_factory=dict)
    risen: Sequence[int | None] = ()
    _before: list[str] | None = None

    def hear(self, asked: Question, result: FoldedIn) -> None:
        """Take an answer; the same ratings seen by further trained weights aren't a step of their own."""
        if self.result is not None and asked != self.asked:
            self._before = self.best
        self.asked, self.result = asked, result
        self.risen = movements(self._before, self.best)

    @property
    def best(self) -> list[str]:
        """The ids recommended, the best first."""
        return [str(one.item) for one in self.result.top] if self.result else []

    def predicted(self, item: str) -> float | None:
        """What the model makes of a given rating; None before it has heard of it."""
        given = self.result.given if self.result else ()
        return next((one.predicted for one in given if str(one.item) == item), None)
