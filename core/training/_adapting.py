"""Learn from carved parts of the training ratings how long to train and how far to trust the model.

A model trained on all but a part is measured on that part after every epoch. Where the part errs least is
where training ends; `_sharing` tells the share by which the model's distance from damped means should count
there, so that a model which learns nothing beyond the means becomes the means. The held-out part is never
looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from core.array_types import DoubleArray, LongArray
from core.contract import Architecture, Resolved, Schedule, Trainer
from core.data import Ratings, RatingScale, Split
from core.errors import DivergenceError, RunError
from core.model import make_scorer
from core.model.moments import Moments, Moods, surroundings
from core.model.steps import RatingSteps, learn_steps
from core.runs import RunConfig
from core.training._pace import Pace
from core.training._prepare import Prepared, pairs_of, prepare_part
from core.training._sharing import Carving, mixed_rmse, mood_weights, rms, trusted_share

_AVERAGED = 4
"""Of epochs that only average, one in so many is trained on a carved part."""
_PATIENCE = 4
"""A part's training ends when so many epochs brought nothing better."""


@dataclass(frozen=True, kw_only=True)
class Adaptation:
    """What was learnt on `ratings` carved ratings: `epochs` to train (of those planned), `share` to trust.

    `tuning_rmse` and `means_rmse` are what the model, mixed so, and damped means reached on them. Of a
    ranking `popularity` is what the logarithm of popularity counts beside scores that count `share` times;
    `tuning_ndcg` and `popularity_ndcg` are what the mixture and popularity reached, `options` what was chosen
    instead of the recipe's. `steps` say how likely each step of the rating scale is, as `RatingSteps.to_dict`
    gives them; `moods` what surrounds a moment counts (`core.model.moments`), () where that says nothing.
    """

    epochs: int
    share: float
    ratings: int = 0
    tuning_rmse: float | None = None
    means_rmse: float | None = None
    popularity: float | None = None
    tuning_ndcg: float | None = None
    popularity_ndcg: float | None = None
    options: Mapping[str, float] = field(default_factory=dict)
    steps: Mapping[str, Any] | None = None
    moods: Sequence[float] = ()

    @property
    def learnt_steps(self) -> RatingSteps | None:
        """The steps themselves; None where none were learnt."""
        return None if self.steps is None else RatingSteps.from_dict(self.steps)

    @property
    def learnt_moods(self) -> Moods | None:
        """The moods themselves; None where none were learnt."""
        return Moods(tuple(self.moods)) if self.moods else None

    def to_dict(self) -> dict[str, Any]:
        """This adaptation, ready for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Adaptation:
        """Read it back; raises RunError for anything that isn't one."""
        try:
            return cls(**values)
        except TypeError as error:
            raise RunError(f"The run's adaptation can't be read: {error}.") from None


class Carved(NamedTuple):
    """What was learnt, and the errors of the model, mixed so, on all carved ratings, shape (ratings,)."""

    adaptation: Adaptation
    errors: DoubleArray


class _Epoch(NamedTuple):
    """Distances from damped `means` on a carved part: those of ratings and those of predictions, each (n,).

    `deviations` are those that the architecture tells of ratings around its scores, 1 where it tells none and
    NaN where damped means predict.
    """

    truth: DoubleArray
    predicted: DoubleArray
    means: DoubleArray = np.zeros(0)
    deviations: DoubleArray = np.zeros(0)


Told = Callable[[str], None]
Stopped = Callable[[], bool]


def adapt(ratings: Ratings, split: Split, resolved: Resolved, tell: Told, stopped: Stopped) -> Carved | None:
    """Learn how long to train and how far to trust, on one device; None where a person stopped it.

    `tell` receives what is being done; `stopped` is asked between slices. An architecture that errs without
    bound on a part raises DivergenceError.
    """
    from core.training.start import make_trainer

    schedule, alone = _carved_schedule(resolved), replace(resolved.settings, strategy="none")
    curves: list[list[_Epoch]] = []
    told: list[DoubleArray] = []
    parts = list(_carve(split, resolved.settings.split_seed))
    for number, (train, tuning) in enumerate(parts, 1):
        prepared = prepare_part(ratings, split, train, tuning, resolved.settings.center)
        trainer, _ = make_trainer(resolved.architecture, resolved.options, alone, prepared.train)
        with closing(trainer):
            place = f"part {number} of {len(parts)}, " if len(parts) > 1 else ""
            measure = partial(_measured, resolved, prepared)
            curve = _learning_curve(trainer, measure, schedule, stopped, partial(_tell_at, tell, place))
            if curve is None:
                return None
            if ratings.timestamps is not None:
                told.append(_told_of_moments(ratings, prepared, trainer, train, tuning))
        curves.append(curve)
    carving = Carving.of(len(split.train))
    found = _conclude(curves, carving, ratings.scale)
    if told:
        found = _with_moods(found, curves, np.concatenate(told), carving)
    if resolved.architecture.averages:
        every = replace(found.adaptation, epochs=resolved.settings.plan().epochs)
        found = found._replace(adaptation=every)
    return found


def _carved_schedule(resolved: Resolved) -> Schedule:
    """The epochs to train on carved parts: all, or the first ones of what only averages."""
    whole = resolved.settings.plan()
    if not resolved.architecture.averages:
        return whole
    return replace(whole, learning_rates=whole.learning_rates[: -(-whole.epochs // _AVERAGED)])


def _tell_at(tell: Told, place: str, text: str) -> None:
    tell(place + text)


def _carve(split: Split, seed: int) -> Iterator[tuple[LongArray, LongArray]]:
    """Give rows to train on and rows to measure on, disjoint from part to part."""
    generator = np.random.default_rng([seed, 0xAD])
    rows = split.train
    places = generator.permutation(len(rows))
    carving = Carving.of(len(rows))
    count = carving.share * len(rows)
    for number in range(carving.parts):
        carved = np.zeros(len(rows), bool)
        carved[places[round(number * count) : round((number + 1) * count)]] = True
        if carved.any() and not carved.all():
            yield rows[~carved], rows[carved]


def _measured(resolved: Resolved, prepared: Prepared, trainer: Trainer) -> _Epoch:
    """A trainer's current weights on the carved part."""
    pairs, baseline = prepared.tuning, prepared.baseline
    known = baseline.known(pairs.users, pairs.items)
    deviations = np.where(known, 1.0, np.nan)
    if type(resolved.architecture).uncertainty is not Architecture.uncertainty:
        offsets, weights = (baseline.user_offsets, baseline.item_offsets), trainer.weights()
        scorer = make_scorer(resolved.architecture, resolved.options, weights, prepared.scoring, offsets)
        own = scorer.deviations(pairs.users[known], pairs.items[known])
        deviations[known] = 1.0 if own is None else own
    means = baseline.fallback(pairs.users, pairs.items).astype(np.float64)
    return _Epoch(*prepared.away_from_means(trainer, pairs), means, deviations)


def _learning_curve(
    trainer: Trainer,
    measure: Callable[[Trainer], _Epoch],
    schedule: Schedule,
    stopped: Stopped,
    tell: Told,
) -> list[_Epoch] | None:
    """Train and measure after every epoch, until it gets no better; None where a person stopped it."""
    curve: list[_Epoch] = []
    errors: list[float] = []
    pace = Pace()
    for number in range(1, schedule.epochs + 1):
        if not train_epoch(trainer, number, schedule.learning_rate(number), pace, stopped):
            return None
        curve.append(measure(trainer))
        errors.append(mixed_rmse(curve[-1].truth, curve[-1].predicted))
        tell(f"epoch {number} of {schedule.epochs}, tuning RMSE {errors[-1]:.4f}")
        if number - 1 - int(np.argmin(errors)) >= _PATIENCE:
            break
    return curve


def train_epoch(trainer: Trainer, number: int, rate: float, pace: Pace, stopped: Stopped) -> bool:
    """Train an epoch in slices; says whether it came to its end."""
    done, batches = 0, trainer.begin_epoch(number)
    while done < batches:
        if stopped():
            return False
        count = pace.next_count(batches - done)
        with pace.learning(count):
            totals = trainer.run_batches(done, count, rate)
        if not np.isfinite(totals.squared_error):
            hint = f"Try a lower learning rate (--learning-rate {rate / 10:.2g}) or more l2."
            raise DivergenceError(f"Training diverged in epoch {number} on a carved part.", hint=hint)
        done += count
    return True


def _conclude(curves: Sequence[Sequence[_Epoch]], carving: Carving, scale: RatingScale) -> Carved:
    """Choose the epoch that errs least on all parts together, and the share that fits there."""
    epochs = [
        _joined(curve[min(number, len(curve) - 1)] for curve in curves)
        for number in range(max(map(len, curves)))
    ]
    shares = [trusted_share(one.truth, one.predicted, carving) for one in epochs]
    errors = [rms(one.truth - share * one.predicted) for one, share in zip(epochs, shares, strict=True)]
    best = int(np.argmin(errors))
    share = round(shares[best], 4)
    steps = _steps(epochs[best], share, scale)
    adaptation = Adaptation(
        epochs=best + 1 if share else len(epochs),  # untrusted factors predict nothing, but are looked at
        share=share,
        ratings=len(epochs[best].truth),
        tuning_rmse=errors[best],
        means_rmse=rms(epochs[best].truth),
        steps=None if steps is None else steps.to_dict(),
    )
    return Carved(adaptation, epochs[best].truth - share * epochs[best].predicted)


def _told_of_moments(
    ratings: Ratings, prepared: Prepared, trainer: Trainer, train: LongArray, tuning: LongArray
) -> DoubleArray:
    """What is told around the moments of a carved part, shape (n, spans, 3): how far training's ratings and
    their predictions lie from damped means, and those means."""
    pairs = pairs_of(ratings, train)
    means = prepared.baseline.fallback(pairs.users, pairs.items).astype(np.float64)
    columns = np.stack([*prepared.away_from_means(trainer, pairs), means], axis=1)
    return Moments(ratings, train).around_rows(tuning, columns)


def _with_moods(
    found: Carved, curves: Sequence[Sequence[_Epoch]], told: DoubleArray, carving: Carving
) -> Carved:
    """Learn how much moods count, from where each part's training ended."""
    share, ends = found.adaptation.share, _joined(curve[-1] for curve in curves)
    mixed_told = [told[:, :, 0] - share * told[:, :, 1], told[:, :, 2] + share * told[:, :, 1]]
    left = ends.truth - share * ends.predicted
    weights = mood_weights(surroundings(np.stack(mixed_told, axis=2)), left, carving)
    return found._replace(adaptation=replace(found.adaptation, moods=weights))


def _joined(parts: Iterator[_Epoch]) -> _Epoch:
    return _Epoch(*map(np.concatenate, zip(*parts, strict=True)))


def _steps(epoch: _Epoch, share: float, scale: RatingScale) -> RatingSteps | None:
    """How likely each step of the scale is, from what the mixture predicts of carved ratings."""
    known = np.isfinite(epoch.deviations)
    raw, ratings = epoch.means + share * epoch.predicted, epoch.means + epoch.truth
    own = epoch.deviations[known] if share else None  # those of scores that count nothing tell nothing
    return learn_steps(scale, raw[known], own, ratings[known])


def planned(schedule: Schedule, adaptation: Adaptation | None) -> Schedule:
    """Cut a schedule to the epochs that were learnt."""
    if adaptation is None:
        return schedule
    return replace(schedule, learning_rates=schedule.learning_rates[: adaptation.epochs])


def mixed(prepared: Prepared, learnt: Adaptation) -> Prepared:
    """The model trusted as far as was learnt: the rest is damped means', or popularity's."""
    if learnt.popularity is None:
        return prepared.trusting(learnt.share)
    return prepared.beside_popularity(learnt.share, learnt.popularity)


def untrained(prepared: Prepared) -> Prepared:
    """The baseline alone: what weights that no epoch has trained are worth."""
    if prepared.liked is not None:
        return prepared.beside_popularity(0.0, 1.0)
    return replace(prepared.trusting(0.0), moods=None)


def recorded_adaptation(config: RunConfig, resolved: Resolved) -> Adaptation | None:
    """What a run learnt before it began; another number of epochs asked for outweighs the learnt one."""
    if not config.adaptation:
        return None
    adaptation = Adaptation.from_dict(config.adaptation)
    if resolved.settings.epochs != config.settings.get("epochs"):
        return replace(adaptation, epochs=resolved.settings.epochs)
    return adaptation
