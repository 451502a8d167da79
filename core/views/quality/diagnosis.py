"""The error microscope: where on the held-out part a model errs, and how far."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from core.errors import UsageError
from core.model import HeldOut, Model, held_out, mae, rmse
from core.options import option
from core.views import Answer, Cells, Lines, Table, View

_COUNT_EDGES = (0, 1, 5, 20, 50, 100, 200, 500, 1000)


@dataclass(frozen=True, kw_only=True)
class Slice:
    """A part of the held-out ratings: `bias` is the mean of predicted minus true."""

    name: str
    ratings: int
    rmse: float
    mae: float
    bias: float


@dataclass(frozen=True, kw_only=True)
class SliceBy(Slice):
    """A part of the held-out ratings as a frame shows it; `by` says what it was cut by, "" for the whole."""

    by: str


@dataclass(frozen=True, kw_only=True)
class Residual:
    """A pair that was predicted badly; `error` is predicted minus true."""

    user: int | str
    item: int | str
    title: str
    truth: float
    predicted: float
    error: float


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """Predictions from `low` up to `high`: their count, their mean and the mean of the true ratings."""

    low: float
    high: float
    ratings: int
    predicted: float
    truth: float


@dataclass(frozen=True, kw_only=True)
class ErrorReport(Answer):
    """Errors by training ratings of the user and of the item, by genre and true rating; the worst pairs.

    A rating of an item with several genres counts in each of them.
    """

    whole: Slice
    by_user_activity: tuple[Slice, ...]
    by_item_popularity: tuple[Slice, ...]
    by_genre: tuple[Slice, ...]
    by_rating: tuple[Slice, ...]
    calibration: tuple[Calibration, ...]
    worst: tuple[Residual, ...]

    def rows(self) -> Sequence[SliceBy]:
        """The whole, then all slices."""
        cut = {
            "": (self.whole,),
            "user activity": self.by_user_activity,
            "item popularity": self.by_item_popularity,
            "genre": self.by_genre,
            "rating": self.by_rating,
        }
        return tuple(SliceBy(**vars(one), by=by) for by, slices in cut.items() for one in slices)


class Diagnosis(View[ErrorReport]):
    """Show where a run errs: by user activity, item popularity, genre and rating; the worst predictions.

    Raises TastemapError where the ratings table can't be read.
    """

    command: ClassVar[str] = "diagnose"
    on_held_out: ClassVar[bool] = True
    worst: int = option(default=10, help="So many of the worst predictions.", minimum=0)

    def answer(self, model: Model) -> ErrorReport:
        """Slice the held-out errors."""
        if model.ranks:
            hint = "`tastemap rank` measures rankings."
            raise UsageError(
                "The run ranks and predicts no ratings, so there are no errors of them.", hint=hint
            )
        pairs, baseline = held_out(model), model.baseline
        return ErrorReport(
            whole=_slice("all", pairs, np.ones(len(pairs.truth), bool)),
            by_user_activity=_by_count(pairs, baseline.user_counts[pairs.users]),
            by_item_popularity=_by_count(pairs, baseline.item_counts[pairs.items]),
            by_genre=_by_genre(model, pairs),
            by_rating=_by_rating(pairs),
            calibration=_calibration(pairs, model),
            worst=_worst(model, pairs, self.worst),
        )

    @classmethod
    def lines(cls, answer: ErrorReport) -> Lines:
        """The slices, the calibration and the worst pairs."""
        yield Table([("", "ratings", "RMSE", "MAE", "predicted − true"), _cells(answer.whole)])
        for heading, slices in _groups(answer):
            yield ""
            yield heading
            yield Table([_cells(one) for one in slices])
        yield ""
        yield "calibration: predictions, their mean, the mean of the true ratings"
        yield Table([_calibration_cells(one) for one in answer.calibration])
        yield ""
        yield "worst predictions"
        yield Table(
            [
                (f"true {one.truth:g}", f"predicted {one.predicted:.2f}", f"user {one.user}", one.title)
                for one in answer.worst
            ]
        )


def _groups(report: ErrorReport) -> tuple[tuple[str, tuple[Slice, ...]], ...]:
    return (
        ("by training ratings of the user", report.by_user_activity),
        ("by training ratings of the item", report.by_item_popularity),
        ("by genre", report.by_genre),
        ("by true rating", report.by_rating),
    )


def _cells(one: Slice) -> Cells:
    return one.name, f"{one.ratings:,}", f"{one.rmse:.4f}", f"{one.mae:.4f}", f"{one.bias:+.3f}"


def _calibration_cells(one: Calibration) -> Cells:
    return f"{one.low:.1f}–{one.high:.1f}", f"{one.ratings:,}", f"{one.predicted:.2f}", f"{one.truth:.2f}"


def _slice(name: str, pairs: HeldOut, chosen: npt.NDArray[np.bool_]) -> Slice:
    predicted, truth = pairs.predicted[chosen], pairs.truth[chosen]
    bias = float(pairs.errors[chosen].mean())
    errors = {"rmse": rmse(predicted, truth), "mae": mae(predicted, truth), "bias": bias}
    return Slice(name=name, ratings=int(chosen.sum()), **errors)


def _slices(pairs: HeldOut, named: Sequence[tuple[str, npt.NDArray[np.bool_]]]) -> tuple[Slice, ...]:
    return tuple(_slice(name, pairs, chosen) for name, chosen in named if chosen.any())


def _by_count(pairs: HeldOut, counts: npt.NDArray[np.integer]) -> tuple[Slice, ...]:
    named = []
    for low, high in zip(_COUNT_EDGES, [*_COUNT_EDGES[1:], None], strict=True):
        inside = counts >= low if high is None else (counts >= low) & (counts < high)
        last = "" if high is None else high - 1
        named.append((f"{low}" if last == low else f"{low}–{last}" if high else f"{low} or more", inside))
    return _slices(pairs, named)


def _by_genre(model: Model, pairs: HeldOut) -> tuple[Slice, ...]:
    genres = model.item_table.genres
    names = sorted({name for items in genres for name in items})
    having = {name: np.array([name in items for items in genres], bool) for name in names}
    found = _slices(pairs, [(name, having[name][pairs.items]) for name in names])
    return tuple(sorted(found, key=lambda one: -one.rmse))


def _by_rating(pairs: HeldOut) -> tuple[Slice, ...]:
    values = np.unique(pairs.truth)
    if len(values) <= 20:
        return _slices(pairs, [(f"{value:g}", pairs.truth == value) for value in values])
    edges = np.linspace(values[0], values[-1], 11)
    places = np.clip(np.digitize(pairs.truth, edges) - 1, 0, 9)
    named = [(f"{edges[n]:.3g} to {edges[n + 1]:.3g}", places == n) for n in range(10)]
    return _slices(pairs, named)


def _calibration(pairs: HeldOut, model: Model) -> tuple[Calibration, ...]:
    scale = model.baseline.scale
    edges = np.linspace(scale.minimum, scale.maximum, 10)
    places = np.clip(np.digitize(pairs.predicted, edges) - 1, 0, 8)
    return tuple(
        Calibration(
            low=float(edges[n]),
            high=float(edges[n + 1]),
            ratings=int((places == n).sum()),
            predicted=float(pairs.predicted[places == n].mean()),
            truth=float(pairs.truth[places == n].mean()),
        )
        for n in range(9)
        if (places == n).any()
    )


def _worst(model: Model, pairs: HeldOut, count: int) -> tuple[Residual, ...]:
    errors = pairs.errors
    return tuple(
        Residual(
            user=model.users.identifier(int(pairs.users[at])),
            item=model.items.identifier(int(pairs.items[at])),
            title=model.item_table.titles[int(pairs.items[at])],
            truth=float(pairs.truth[at]),
            predicted=float(pairs.predicted[at]),
            error=float(errors[at]),
        )
        for at in np.argsort(-np.abs(errors), kind="stable")[:count].tolist()
    )
