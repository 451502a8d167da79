"""Whether a search gained anything over what it started from, on carved parts of training.

Both are measured as they would be trained, on the same parts, and compared in pairs: the search has looked at
its tuning part so often that its figure there is too good. The held-out part is never looked at.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from core.array_types import DoubleArray
from core.contract import Resolved, used_settings
from core.data import Ratings, Split
from core.options import OptionValue
from core.protocol import Tuned
from core.training._adapting import adapt
from core.training._sharing import Carving, rms
from core.training._trusting import learn_trust

_MOST_PARTS = 2
"""Rankings are compared on so many parts at most: a trainer's start costs seconds, each tells much."""
_LEAST = 5e-5
"""A gain that four digits don't show is not worth other settings, however sure it is."""


class _Ranked(NamedTuple):
    """nDCG of each user on all carved parts, shape (users,), and what popularity reached there."""

    ndcg: DoubleArray
    popularity: float


def against_start(ratings: Ratings, split: Split, start: Resolved, best: Resolved) -> Tuned:
    """Compare a search's best with its start; it is taken where it gains, beyond a standard error."""
    return (_ranked if start.ranks else _rated)(ratings, split, start, best)


def choices_of(resolved: Resolved) -> dict[str, OptionValue]:
    """What a search decides: the options, and the learning rate where the architecture has one."""
    rate = {"learning_rate": resolved.settings.learning_rate}
    return {**resolved.options.to_dict(), **used_settings(resolved.architecture, rate)}


def _rated(ratings: Ratings, split: Split, start: Resolved, best: Resolved) -> Tuned:
    before = adapt(ratings, split, start, _tell_nobody, _go_on)
    after = before if best == start else adapt(ratings, split, best, _tell_nobody, _go_on)
    assert before is not None and after is not None  # noqa: S101 - nobody stops them
    gain = float(rms(before.errors) - rms(after.errors))
    gained = gain >= _LEAST and _beyond_chance(before.errors**2 - after.errors**2)
    return Tuned(
        architecture=start.architecture.name,
        choices=choices_of(best if gained else start),
        gained=gained,
        tuning_rmse=after.adaptation.tuning_rmse,
        start_rmse=before.adaptation.tuning_rmse,
        means_rmse=before.adaptation.means_rmse,
    )


def _ranked(ratings: Ratings, split: Split, start: Resolved, best: Resolved) -> Tuned:
    before = _on_parts(ratings, split, start)
    after = before if best == start else _on_parts(ratings, split, best)
    name = start.architecture.name
    if before is None or after is None:
        return Tuned(architecture=name, choices=choices_of(start), gained=False)
    gains = after.ndcg - before.ndcg
    gained = float(gains.mean()) >= _LEAST and _beyond_chance(gains)
    return Tuned(
        architecture=name,
        choices=choices_of(best if gained else start),
        gained=gained,
        tuning_ndcg=float(after.ndcg.mean()),
        start_ndcg=float(before.ndcg.mean()),
        popularity_ndcg=before.popularity,
    )


def _on_parts(ratings: Ratings, split: Split, resolved: Resolved) -> _Ranked | None:
    """Rank on each carved part; None where on one of them nothing is sought or too little is left."""
    found, popularity, resolved = [], [], replace(resolved, by_noise=())
    for part in range(min(_MOST_PARTS, Carving.of(len(split.train)).parts)):
        trusted = learn_trust(ratings, split, resolved, _tell_nobody, _go_on, part)
        if trusted is None:
            return None
        found.append(trusted.ndcg)
        popularity.append(len(trusted.ndcg) * (trusted.adaptation.popularity_ndcg or 0.0))
    ndcg = np.concatenate(found)
    return _Ranked(ndcg, sum(popularity) / len(ndcg))


def _beyond_chance(gains: DoubleArray) -> bool:
    """Whether paired gains, shape (n,), are better than none by more than a standard error of their mean."""
    return bool(gains.mean() > gains.std() / math.sqrt(len(gains)))


def _tell_nobody(detail: str) -> None:
    """A comparison tells its end alone."""


def _go_on() -> bool:
    return False
