"""One prediction, its truth where that is known, and the contributions that it is the sum of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from core.contract import replica_count
from core.data import date_of, read_moment
from core.errors import UsageError
from core.model import HELD_OUT, Model, Prediction, factor_table, fit_components, raw_blocks
from core.model.moments import raw_at
from core.model.steps import MOST_STEPS, RatingSteps, StepProbability
from core.options import Identifier, option
from core.views.search import resolve_item
from core.views.view import Answer, Lines, Remark, Table, View


@dataclass(frozen=True, kw_only=True)
class JudgedPrediction(Prediction, Answer):
    """A prediction next to the true rating.

    Where the model ranks, `rank` is the item's place (from 1) among the `among` trained items that the user
    hasn't taken (itself among them), and `percentile` the share of them (in %) that it lies before.
    `part` is "train" or "held-out"; both are None where the pair isn't rated, or where the ratings table
    can't be read: `note` then says why. `distribution` says how likely each step of the rating scale is,
    where that was asked for and can be told; `undistributed` else says why not. `moment` (seconds since 1970)
    is when the pair was rated, or was asked for; `rating_then` is what is predicted for who knows that.
    """

    truth: float | None = None
    part: str | None = None
    note: str = ""
    rank: int | None = None
    among: int | None = None
    percentile: float | None = None
    distribution: tuple[StepProbability, ...] = ()
    undistributed: str = ""
    moment: int | None = None
    rating_then: float | None = None

    def rows(self) -> Sequence[JudgedPrediction]:
        """A frame shows the prediction, not its steps."""
        return (self,)


@dataclass(frozen=True)
class Contribution:
    """An additive part of a raw prediction, in units of the rating."""

    name: str
    value: float


@dataclass(frozen=True)
class ComponentPart:
    """What a component of taste (numbered from 1) adds to a raw prediction, against an average item."""

    number: int
    name: str
    value: float


@dataclass(frozen=True, kw_only=True)
class ContributionTable(Answer):
    """A prediction as `mean` + `contributions`, which sum to its `raw`; `reason` says why there are none.

    `components` take what the factors add apart once more, by the components of taste that the map shows.
    """

    prediction: JudgedPrediction
    mean: float
    contributions: tuple[Contribution, ...]
    available: bool
    reason: str = ""
    components: tuple[ComponentPart, ...] = ()


class Predict(View[JudgedPrediction]):
    """Predict a user's rating of an item; a user or item without training ratings gets the fallback.

    An unknown user is a new one. Raises UsageError, with the nearest titles, for an item that isn't there.
    """

    tag: ClassVar[str] = "prediction"
    command: ClassVar[str] = "predict"
    positional: ClassVar[tuple[str, ...]] = ("user", "item")
    user: Identifier = option(help="User id, as in the table.")
    item: Identifier = option(help="Item id, as in the table, or title.")
    at: str = option(
        default="", help="A moment that is known, as 2018-06-30T21:00 (UTC): the user's mood then counts."
    )
    distribution: bool = option(default=False, help="Say how likely each step of the rating scale is.")

    def answer(self, model: Model) -> JudgedPrediction:
        """Predict a pair and look its true rating up."""
        moment = _moment_asked(model, self.at) if self.at else None
        judged = judge(model, self.user, model.items.identifier(resolve_item(model, self.item)), moment)
        return distributed(model, judged) if self.distribution else judged

    @classmethod
    def lines(cls, answer: JudgedPrediction) -> Lines:
        """A line, a bar a step where they were asked for, and what an unknown id received."""
        yield prediction_line(answer)
        if answer.rating_then is not None and answer.moment is not None:
            yield f"{answer.rating_then:.2f} knowing when ({date_of(answer.moment)})"
        if answer.distribution:
            yield Table(list(_bars(answer.distribution)))
        for remark in filter(None, (answer.undistributed, answer.fallback)):
            yield Remark(remark)


class Contributions(View[ContributionTable]):
    """Split a prediction into its contributions, single ones (biases) before a factor's each."""

    user: Identifier = option(help="User id, as in the table.")
    item: Identifier = option(help="Item id, as in the table, or title.")

    def answer(self, model: Model) -> ContributionTable:
        """Split the score; where it can't be split the reason says why."""
        items = resolve_item(model, self.item)
        judged, users = judge(model, self.user, model.items.identifier(items)), model.users.row(self.user)
        prediction = distributed(model, judged)
        if prediction.fallback or users is None:
            return _unsplit(prediction, model.baseline.mean, f"No factors: {prediction.fallback}.")
        terms = model.scorer.terms(users, items)
        if terms is None:
            reason = f"The score of {model.architecture.name} can't be split: its parts act only together."
            return _unsplit(prediction, model.scoring.offset, reason)
        return ContributionTable(
            prediction=prediction,
            mean=model.scoring.offset,
            contributions=tuple(_named(terms)),
            available=True,
            components=_by_component(model, users, items, terms),
        )

    @classmethod
    def lines(cls, answer: ContributionTable) -> Lines:
        """The prediction and its parts, all factors in one."""
        yield prediction_line(answer.prediction)
        if not answer.available:
            yield Remark(answer.reason)
            return
        factors = sum(one.value for one in answer.contributions if one.name.startswith("factor"))
        biases = [(one.name, one.value) for one in answer.contributions if not one.name.startswith("factor")]
        mean = [] if answer.prediction.rating is None else [("mean", answer.mean)]
        parts = [*mean, *biases, ("factors", factors)]
        yield Table([(f"{value:+.3f}", name) for name, value in parts])


def judge(model: Model, user: Identifier, item: Identifier, moment: int | None = None) -> JudgedPrediction:
    """Predict a pair of external ids and look its true rating up; unknown ids get the fallback.

    What a moment adds is told for one that is asked for, else for that of a held-out rating.
    """
    prediction = model.predict(user, item)
    users, items = model.users.row(user), model.items.row(item)
    rated, note = model.rated_or_reason
    known = rated.rating(users, items) if rated and users is not None and items is not None else None
    truth, part = known or (None, None)
    judged = JudgedPrediction(**vars(prediction), truth=truth, part=part, note=note)
    if users is not None and items is not None and not prediction.fallback:
        judged = _knowing_when(model, judged, (users, items), moment)
    if not model.ranks or users is None or items is None or prediction.fallback:
        return judged
    rank, among = rank_of(model, users, items)
    return replace(judged, rank=rank, among=among, percentile=100 * (1 - (rank - 1) / among))


def _moment_asked(model: Model, text: str) -> int:
    """Read a moment; raises UsageError for what is none, and where moments say nothing."""
    moment = read_moment(text, "--at")
    if model.moods is None:
        hint = "Leave --at out; `tastemap train` learns moods where a table has times that tell something."
        raise UsageError("This model has learnt nothing of moments.", hint=hint)
    return moment


def _knowing_when(
    model: Model, judged: JudgedPrediction, pair: tuple[int, int], moment: int | None
) -> JudgedPrediction:
    """A prediction with what is predicted for who knows the moment, where that says something."""
    rated, _ = model.rated_or_reason
    if rated is None or rated.ratings.timestamps is None or model.moods is None:
        return judged
    row = rated.row(*pair)
    if moment is None and row is not None and judged.part == HELD_OUT:
        moment = int(rated.ratings.timestamps[row])
    if moment is None:
        return judged
    users, items, times = (np.array([number], np.int64) for number in (*pair, moment))
    then = model.baseline.clip(raw_at(model, users, items, times))
    return replace(judged, moment=moment, rating_then=float(then[0]))


def distributed(model: Model, judged: JudgedPrediction) -> JudgedPrediction:
    """A prediction with how likely each step of the rating scale is, or why that can't be told."""
    users, items = model.users.row(judged.user), model.items.row(judged.item)
    if model.ranks:
        return replace(judged, undistributed="a model that ranks predicts no ratings, so none is likely")
    if judged.fallback or users is None or items is None:
        return replace(judged, undistributed="a fallback has no distribution")
    found = model.distribution(users, items)
    if found:
        return replace(judged, distribution=found)
    if RatingSteps.midway(model.baseline.scale) is None:
        why = (
            f"the rating scale has no steps, or more than {MOST_STEPS}, so there is no distribution over them"
        )
    else:
        why = "no distribution was learnt: --no-adapt, --epochs, a schedule and early stopping leave that out"
    return replace(judged, undistributed=why)


def rank_of(model: Model, user: int, item: int) -> tuple[int, int]:
    """An item's place (from 1) among the trained items that a user hasn't taken, and their count.

    Equal scores go by row. Without the ratings table nothing is passed over.
    """
    _, scores = next(iter(raw_blocks(model, np.array([user], np.int64))))
    open_to = model.baseline.item_counts > 0
    rated, _ = model.rated_or_reason
    if rated is not None:
        open_to[rated.seen(user)] = False
    open_to[item] = True
    own, others = scores[0, item], scores[0]
    before = (others > own) | ((others == own) & (np.arange(len(others)) < item))
    return 1 + int((before & open_to).sum()), int(open_to.sum())


def prediction_line(prediction: JudgedPrediction) -> str:
    """A prediction as one line: the rating, how sure it is, its truth, whose and of what."""
    if prediction.rating is None:
        return _ranked_line(prediction)
    margin = "" if prediction.deviation is None else f" ± {prediction.deviation:.2f}"
    truth = "" if prediction.truth is None else f" (truly {prediction.truth:g}, {prediction.part})"
    title = f" {prediction.title}" if prediction.title not in ("", str(prediction.item)) else ""
    return f"{prediction.rating:.2f}{margin}{truth}  user {prediction.user}, item {prediction.item}{title}"


_BAR = 40


def _bars(distribution: Sequence[StepProbability]) -> Iterator[tuple[str, ...]]:
    """A line a step: the rating, how likely it is, and a bar as long as its share of the likeliest."""
    width = max(len(f"{one.rating:g}") for one in distribution)
    most = max(one.probability for one in distribution)
    for one in distribution:
        bar = "█" * round(_BAR * one.probability / most)
        yield f"{one.rating:>{width}g}", f"{one.probability:6.1%}", bar


def _ranked_line(prediction: JudgedPrediction) -> str:
    place = "score of popularity" if prediction.rank is None else f"rank {prediction.rank:,}"
    among = ""
    if prediction.among is not None and prediction.percentile is not None:
        among = f" of {prediction.among:,} (before {prediction.percentile:.1f} %)"
    taken = "" if prediction.part is None else f" (taken, {prediction.part})"
    title = f" {prediction.title}" if prediction.title not in ("", str(prediction.item)) else ""
    return f"{place}{among}{taken}  user {prediction.user}, item {prediction.item}{title}"


_COMPONENTS, _MOST_RATED = 6, 2000
"""The components that the map and the Factors screen show, of so many of the most rated items."""


def _by_component(
    model: Model, user: int, item: int, terms: Mapping[str, npt.NDArray[np.float32]]
) -> tuple[ComponentPart, ...]:
    """Take the product of both sides' factors apart by the components of taste; () where there is none.

    With item factors = mean + Σ places · axes, each component adds place · (user factors · axis).
    """
    product = terms.get("factors")
    try:
        of_user, of_item = factor_table(model, "user")[user], factor_table(model, "item")[item]
        _, projection = fit_components(model, _MOST_RATED, _COMPONENTS)
    except UsageError:
        return ()  # no factors, or too few items for components
    scale = np.float32(model.scoring.share) / replica_count(model.architecture)
    if (
        product is None
        or of_user.shape != of_item.shape
        or not np.allclose(product, scale * of_user * of_item)
    ):
        return ()
    places, tastes = projection.project(of_item[None])[0], projection.axes @ of_user.astype(np.float64)
    from core.views.components import component_names

    names = component_names(model)
    parts = enumerate((float(scale) * places * tastes).tolist(), 1)
    return tuple(ComponentPart(number, names.get(number, ""), value) for number, value in parts)


def _unsplit(prediction: JudgedPrediction, mean: float, reason: str) -> ContributionTable:
    return ContributionTable(
        prediction=prediction, mean=mean, contributions=(), available=False, reason=reason
    )


def _named(terms: Mapping[str, npt.NDArray[np.float32]]) -> Iterator[Contribution]:
    single = {name: values for name, values in terms.items() if len(values) == 1}
    yield from (Contribution(name, float(values[0])) for name, values in single.items())
    for name, values in terms.items():
        if name not in single:
            singular = name.removesuffix("s")
            yield from (Contribution(f"{singular} {n}", float(v)) for n, v in enumerate(values, 1))
