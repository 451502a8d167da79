"""What a split leaves unsaid: whether training knows the future, where a cut lies, what times are worth."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from core.data._moments import date_of
from core.data.ratings import Ratings
from core.data.split import Split

_LEAKS = {
    "random": "random rows are held out, so training knows rows from after them; --split time doesn't",
    "user": "random rows of each user are held out, so training knows rows from after them; "
    "--split time doesn't",
    "kfold": "random folds are held out, so training knows rows from after them; --split time doesn't",
    "last": "each user's last rows are held out, but training knows rows of others from after them; "
    "--split time doesn't",
    "update": "updates learn news whatever their times, so training may know rows from after those held out; "
    "training all anew with --split time doesn't",
    "newcomers": "who is held out, and what they give, is drawn whatever the times; --split time isn't",
}
_DAY = 86_400
_SITTING_SECONDS = 60
_MANY = 0.5


def leak_notice(method: str, has_times: bool) -> str:
    """One line where a figure stands on a split in which training knows the future; else empty."""
    return _LEAKS.get(method, "") if has_times else ""


def leak_of(split: Mapping[str, Any], data: Mapping[str, Any]) -> str:
    """The same of what a run or an event records of its split and its table."""
    return leak_notice(str(split.get("method", "random")), bool(data.get("time_range")))


def split_notes(ratings: Ratings, split: Split) -> tuple[str, ...]:
    """What to say of a split: the leak, the cut in time, and what the times of the table are worth."""
    return tuple(filter(None, _notes(ratings, split)))


def _notes(ratings: Ratings, split: Split) -> Iterator[str]:
    yield leak_notice(split.method, ratings.timestamps is not None)
    if split.method == "time":
        yield _cut(ratings, split)
    if split.method in ("time", "last"):
        yield _sittings(ratings)


def _cut(ratings: Ratings, split: Split) -> str:
    """Where the cut lies, and how many rows of its very moment stayed in training."""
    assert ratings.timestamps is not None  # noqa: S101 - a split by time was made
    later = np.concatenate([split.test, split.given, split.new_users, split.new_items])
    moment = int(ratings.timestamps[later].min())
    tied = int((ratings.timestamps[split.train] == moment).sum())
    told = f"cut at {date_of(moment)}: {len(later):,} rows lie after it"
    return f"{told}; of its very second {tied:,} stay before it, in the order of the file" if tied else told


def _sittings(ratings: Ratings) -> str:
    """Say where ratings were typed in one after another: their times aren't those of a taste that moves."""
    share = typed_in_sittings(ratings)
    if share is None or share < _MANY:
        return ""
    return (
        f"{share:.0%} of the rows came within a minute of the same user's row before: people typed their "
        "ratings in one sitting, so times say when somebody came, and little of what was taken when"
    )


def typed_in_sittings(ratings: Ratings) -> float | None:
    """The share of rows that came within a minute of the same user's row before.

    None where that says nothing: tables without times, with days alone, or of interactions.
    """
    times = ratings.timestamps
    if times is None or not ratings.has_ratings or not (times % _DAY).any():
        return None
    order = np.lexsort((times, ratings.users))
    same = ratings.users[order][1:] == ratings.users[order][:-1]
    gaps = np.diff(times[order])[same]
    return float((gaps <= _SITTING_SECONDS).mean()) if len(gaps) else None
