"""The folding in of a user, the item at hand, and what the model said of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tui.fold_in.given import Person, movements
from tui.fold_in.rating_keys import RatingKeys

Item = Mapping[str, Any]


@dataclass
class Visit:
    """State without widgets; `trouble` says why there are no `keys`, and `last` is the item rated last."""

    person: Person = field(default_factory=Person)
    keys: RatingKeys | None = None
    trouble: str = "the engine is asked"
    offers: Sequence[Item] = ()
    taken: Item | None = None
    last: Item | None = None

    @property
    def at_hand(self) -> Item | None:
        """The item that the next key rates: one that was taken up, else the next offer."""
        return self.taken or self.person.next_offer(self.offers)

    def rate(self, rating: float) -> None:
        """Rate the item at hand, and put it away."""
        item = self.at_hand
        if item is not None:
            self.person.rate(item["id"], str(item.get("title") or item["id"]), rating)
            self.last, self.taken = item, None

    def skip(self) -> None:
        """Put the item at hand away without a rating; a rated one keeps its rating."""
        item = self.at_hand
        if item is not None and str(item["id"]) not in self.person.ratings:
            self.person.skipped.add(str(item["id"]))
        self.taken = None

    def amend(self, steps: int) -> bool:
        """Move the rating of the item at hand, else the last one given; False if neither is rated."""
        item = self.at_hand
        if item is None or str(item["id"]) not in self.person.ratings:
            item = self.last
        given = self.person.ratings.get(str(item["id"])) if item else None
        if given is None or self.keys is None:
            return False
        given.rating = self.keys.moved(given.rating, steps)
        return True

    def take_up(self, item: Item) -> None:
        """Put an item at hand, whether it is offered or not."""
        self.taken = item


@dataclass
class Meeting:
    """The answer that counts, and how its recommendations moved since the ratings before."""

    result: Item | None = None
    ratings: dict[str, float] = field(default_factory=dict)
    risen: Sequence[int | None] = ()
    _before: list[str] | None = None

    def hear(self, ratings: dict[str, float], result: Item) -> None:
        """Take an answer; the same ratings seen by further trained weights aren't a step of their own."""
        if self.result is not None and ratings != self.ratings:
            self._before = self.best
        self.ratings, self.result = ratings, result
        self.risen = movements(self._before, self.best)

    @property
    def best(self) -> list[str]:
        """The ids recommended, the best first."""
        return [str(one["item"]) for one in self.result["top"]] if self.result else []

    def predicted(self, item: str) -> float | None:
        """What the model makes of a given rating; None before it has heard of it."""
        given = self.result["given"] if self.result else ()
        return next((float(one["predicted"]) for one in given if str(one["item"]) == item), None)
