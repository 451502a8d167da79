"""One prediction, its truth where that is known, and the terms that it is the sum of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.model.model import Model
from core.model.predictor import Prediction


@dataclass(frozen=True)
class JudgedPrediction(Prediction):
    """A prediction next to the true rating.

    `part` is "train" or "held-out"; both are None where the pair isn't rated, or where the ratings table
    can't be read: `note` then says why.
    """

    truth: float | None = None
    part: str | None = None
    note: str = ""


@dataclass(frozen=True)
class Term:
    """An additive part of a raw prediction, in units of the rating."""

    name: str
    value: float


@dataclass(frozen=True)
class Contributions:
    """A prediction as `mean` + `terms`, which sum to its `raw`; `reason` says why where there are none."""

    prediction: JudgedPrediction
    mean: float
    terms: tuple[Term, ...]
    available: bool
    reason: str = ""


def judge(model: Model, user: object, item: object) -> JudgedPrediction:
    """Predict a pair of external ids and look its true rating up; unknown ids get the fallback."""
    prediction = model.predict(user, item)
    users, items = model.users.row(user), model.items.row(item)
    rated, note = model.rated_or_reason
    known = rated.rating(users, items) if rated and users is not None and items is not None else None
    truth, part = known or (None, None)
    return JudgedPrediction(**vars(prediction), truth=truth, part=part, note=note)


def contribute(model: Model, user: object, item: object) -> Contributions:
    """Split a prediction into its terms, single ones (biases) before a factor's each."""
    prediction = judge(model, user, item)
    users, items = model.users.row(user), model.items.row(item)
    if prediction.fallback or users is None or items is None:
        return Contributions(
            prediction, model.baseline.mean, (), False, f"No factors: {prediction.fallback}."
        )
    terms = model.scorer.terms(users, items)
    if terms is None:
        reason = f"The score of {model.architecture.name} can't be split: its parts act only together."
        return Contributions(prediction, model.offset, (), False, reason)
    return Contributions(prediction, model.offset, tuple(_named(terms)), True)


def _named(terms: Mapping[str, npt.NDArray[np.float32]]) -> Iterator[Term]:
    single = {name: values for name, values in terms.items() if len(values) == 1}
    yield from (Term(name, float(values[0])) for name, values in single.items())
    for name, values in terms.items():
        if name not in single:
            yield from (Term(f"{name.removesuffix('s')} {n}", float(v)) for n, v in enumerate(values, 1))
