"""How strong a taste chance alone would show in a table of likes, and the pulls to try where it is another.

A factor that is pulled less than chance shows learns chance by heart, one that is pulled much more learns
nothing: where a table is noisier than that by which a recipe was tuned, stronger pulls are worth a trial.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np

from core.array_types import DoubleArray
from core.contract import Resolved, TrainingData
from core.model.liking import scores_from_histories

TUNED_AT, LINKS_TUNED_AT = 0.66, 1390.0
"""The noise, and that of links, of the table by which recipes for rankings were tuned: MovieLens's small one
of 2016."""
_ALIKE = 1.15
"""Tables whose noise is within this factor of it are taken for alike."""
_STEP, _MOST = math.sqrt(2), 4
_FEWEST = 10_000
"""Fewer likes could not tell which pull is better."""
_HALVINGS = 60


def noise_level(data: TrainingData) -> float:
    """The strongest taste, as the l2 that would just let it be, that likes show where nobody has any.

    Users take as many items as they do, by the items' popularity. The likes beyond those expected, each
    over the root of its user's likes, are then a matrix of independent columns whose variances are popularity
    (p), and its largest singular value is where their spectrum ends (Marchenko & Pastur 1967; Silverstein &
    Choi 1995).
    """
    if not len(data):
        return TUNED_AT
    weights = np.asarray(data.targets, np.float64)
    unlike = float(np.mean(weights**2) / max(float(weights.mean()) ** 2, 1e-12))
    return math.sqrt(_edge_of(data) * data.item_count / len(data) * unlike)


def links_noise(data: TrainingData) -> float:
    """The same for weights from item to item: what chance alone adds to the products of columns of likes.

    That is a square of what factors show, and a user counts by all that they took with all else they took.
    """
    if not len(data):
        return LINKS_TUNED_AT
    of_users = data.rating_counts[0].astype(np.float64)
    return _edge_of(data) * float((of_users**2).sum() / of_users.sum())


def noisier(resolved: Resolved, data: TrainingData) -> float:
    """How strong pulls suit likes, as a multiple of those of the table by which recipes were tuned.

    Where users are what they took, pulls are on links.
    """
    if scores_from_histories(resolved.architecture):
        return links_noise(data) / LINKS_TUNED_AT
    return noise_level(data) / TUNED_AT


def _edge_of(data: TrainingData) -> float:
    of_users, of_items = data.rating_counts
    taken = of_items[of_items > 0]
    return _edge(taken / taken.sum(), int((of_users > 0).sum()))


def _edge(chances: DoubleArray, users: int) -> float:
    """The square of that singular value: the least of users / s + Σ p / (1 − p s) for s below 1 / max p."""
    low, high = 0.0, 1 / float(chances.max())
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        rising = float((chances**2 / (1 - chances * middle) ** 2).sum()) > users / middle**2
        low, high = (low, middle) if rising else (middle, high)
    return users / low + float((chances / (1 - chances * low)).sum())


def other_pulls(resolved: Resolved, data: TrainingData) -> Iterator[Resolved]:
    """The choices with pulls that may suit these likes better: ever stronger ones where they are noisier than
    what the recipe was tuned by, ever weaker ones where they are less so. None where they are alike."""
    if not resolved.by_noise or len(data) < _FEWEST:
        return
    wanted, power = noisier(resolved, data), 2 if scores_from_histories(resolved.architecture) else 1
    if abs(math.log(wanted)) <= power * math.log(_ALIKE):
        return
    for number in range(1, _MOST + 1):
        times = _STEP ** (power * (number if wanted > 1 else -number))
        yield with_pulls(resolved, resolved.by_noise, times)


def with_pulls(resolved: Resolved, names: Iterable[str], times: float) -> Resolved:
    """The choices with some pulls so many times as strong."""
    options = resolved.options.to_dict()
    return with_options(resolved, {name: float(f"{times * float(options[name]):.3g}") for name in names})


def with_options(resolved: Resolved, others: dict[str, float]) -> Resolved:
    """The choices with other values of some options; nothing is open in them any more."""
    options = type(resolved.options).parse({**resolved.options.to_dict(), **others})
    return replace(resolved, options=options, by_noise=())
