"""Ratings given on a table, kept from one start to the next under names: you, a friend, both of you."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from core.errors import RunError
from core.files import config_folder, read_regular, write_atomically
from core.readable import readable
from tui.fold_in._state import GivenRating, GivenRatings

FIRST = "you"
_LONGEST_NAME = 40


class _Stored(msgspec.Struct):
    ratings: list[tuple[str, str, float | None]] = []
    skipped: list[str] = []


class _File(msgspec.Struct):
    current: str
    profiles: dict[str, _Stored]


@dataclass
class Profiles:
    """The named ratings of one table; `path` is where they are kept, None where nothing can be."""

    path: Path | None = None
    current: str = FIRST
    given: dict[str, GivenRatings] = field(default_factory=lambda: {FIRST: GivenRatings()})

    @property
    def now(self) -> GivenRatings:
        """The ratings of whoever rates now."""
        return self.given[self.current]

    def switch(self, name: str) -> None:
        """Let somebody else rate, with what they gave before."""
        self.current = name.strip()[:_LONGEST_NAME] or FIRST
        self.given.setdefault(self.current, GivenRatings())

    def together(self) -> GivenRatings:
        """What all have given, the mean where several rated an item: a profile of the group.

        What was liked and never rated is liked.
        """
        both = GivenRatings()
        rated: dict[str, list[GivenRating]] = {}
        for given in self.given.values():
            for item, one in given.ratings.items():
                rated.setdefault(item, []).append(one)
        for item, some in rated.items():
            ratings = [one.rating for one in some if one.rating is not None]
            mean = round(sum(ratings) / len(ratings), 3) if ratings else None
            both.ratings[item] = GivenRating(some[0].title, mean)
        return both

    def to_json(self) -> bytes:
        """Everything, to be written down."""
        stored = {
            name: {
                "ratings": [[item, one.title, one.rating] for item, one in given.ratings.items()],
                "skipped": sorted(given.skipped),
            }
            for name, given in self.given.items()
        }
        text = json.dumps({"current": self.current, "profiles": stored}, ensure_ascii=False, indent=1)
        return f"{text}\n".encode()


def profiles_of(*table: object) -> Profiles:
    """The profiles of a table, by what tells it from others; raises RunError for a damaged file."""
    digest = hashlib.sha256(repr(table).encode()).hexdigest()[:16]
    path = config_folder() / "ratings" / f"{digest}.json"
    if not path.exists():
        return Profiles(path)
    try:
        stored = msgspec.json.decode(read_regular(path), type=_File)
    except (ValueError, RecursionError) as error:
        hint = f"Delete {path}: only the ratings given on the You screen are lost."
        raise RunError(f"{path} is damaged: {error}.", hint=hint) from None
    given = {readable(name): _given(one) for name, one in stored.profiles.items()}
    profiles = Profiles(path, FIRST, given or {FIRST: GivenRatings()})
    profiles.switch(readable(stored.current))
    return profiles


def keep(path: Path, content: bytes) -> None:
    """Write profiles down; raises RunError where the disk doesn't take them."""
    write_atomically(path, content)


def _given(stored: _Stored) -> GivenRatings:
    ratings = {item: GivenRating(readable(title), rating) for item, title, rating in stored.ratings}
    return GivenRatings(ratings, set(stored.skipped))
