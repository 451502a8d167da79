"""The loop with a trainer that does no arithmetic: events, steering, early stopping, divergence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.contract.settings import Schedule, TrainingSettings
from core.contract.trainer import SliceTotals
from core.data.ratings import Ratings
from core.errors import DivergenceError
from core.protocol.commands import Command, Query
from core.protocol.events import (
    BatchProgress,
    EpochFinished,
    Event,
    LearningRateChanged,
    Paused,
    Refused,
    Resumed,
)
from core.runs.writer import Progress
from core.training._loop import TrainingLoop
from core.training._prepare import Pairs, prepare
from core.training.controls import Controls


@dataclass
class Clock:
    """Stands still but for what a test or its trainer lets pass."""

    now: float = 0.0

    def __call__(self) -> float:
        return self.now


@dataclass
class FakeTrainer:
    """Scores with a constant that `plan` gives for each epoch; remembers the learning rates it was told.

    A batch takes `seconds` on its own clock.
    """

    plan: dict[int, float] = field(default_factory=dict)
    batches: int = 40
    seconds: float = 0.0
    error: float = 1.0
    clock: Clock = field(default_factory=Clock)
    rates: list[tuple[int, float]] = field(default_factory=list)
    epoch: int = 0
    parameters: int = 0

    def begin_epoch(self, epoch: int) -> int:
        self.epoch = epoch
        return self.batches

    def run_batches(self, first: int, count: int, learning_rate: float) -> SliceTotals:
        self.clock.now += self.seconds * count
        self.rates.append((self.epoch, learning_rate))
        return SliceTotals(self.error * 10 * count, 10 * count)

    def scores(self, users: Any, items: Any) -> Any:
        return np.full(len(users), self.plan.get(self.epoch, 0.0), np.float32)

    def weights(self) -> Any:
        return {"table/user_bias": np.array([[self.epoch]], np.float32)}

    def state(self) -> Any:
        return self.weights()

    def close(self) -> None:
        self.epoch = -1

    def restore(self, state: Any) -> None:
        self.epoch = int(state["table/user_bias"][0, 0])


@dataclass
class Kept:
    epochs: list[Progress] = field(default_factory=list)
    best: list[int] = field(default_factory=list)

    def save_epoch(self, event: EpochFinished, progress: Progress, state: Any) -> None:
        self.epochs.append(progress)

    def save_best(self, epoch: int, weights: Any) -> None:
        self.best.append(epoch)


@dataclass
class Fixture:
    loop: TrainingLoop
    events: list[Event]
    kept: Kept
    trainer: FakeTrainer

    def of(self, kind: type[Any]) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]


def fixture(ratings: Ratings, trainer: FakeTrainer, epochs: int = 4, patience: int = 0) -> Fixture:
    settings = TrainingSettings(early_stopping=patience)
    events: list[Event] = []
    kept = Kept()
    schedule = Schedule(tuple(0.1 * (epochs - epoch) / epochs for epoch in range(epochs)))
    loop = TrainingLoop(
        trainer=trainer,
        prepared=prepare(ratings, settings),
        schedule=schedule,
        patience=patience,
        checkpoints=kept,
        emit=events.append,
        clock=trainer.clock,
    )
    return Fixture(loop, events, kept, trainer)


def test_every_epoch_is_told_and_kept(ratings: Ratings) -> None:
    made = fixture(ratings, FakeTrainer())
    made.loop.usage = lambda: {"memory": 7 << 20}
    assert made.loop.run() == "completed"
    finished = made.of(EpochFinished)
    assert {(event.memory, event.gpu_busy) for event in made.events if hasattr(event, "memory")} == {
        (7 << 20, None)
    }
    assert [event.epoch for event in finished] == [1, 2, 3, 4]
    assert [event.learning_rate for event in finished] == pytest.approx([0.1, 0.075, 0.05, 0.025])
    assert [progress.epoch for progress in made.kept.epochs] == [1, 2, 3, 4]
    assert made.kept.epochs[-1].ratings == 4 * 40 * 10


def test_without_training_ratings_to_measure_there_is_no_train_figure(ratings: Ratings) -> None:
    made = fixture(ratings, FakeTrainer(), epochs=1)
    nothing = Pairs(np.zeros(0, np.int32), np.zeros(0, np.int32), np.zeros(0, np.float32))
    made.loop.prepared = replace(made.loop.prepared, train_sample=nothing)
    made.loop.run()
    assert [event.train_rmse for event in made.of(EpochFinished)] == [None]
    assert made.loop.summary(Path("run"), "completed").train_rmse is None


def test_held_out_figures_are_clipped_and_free_of_any_penalty(ratings: Ratings) -> None:
    made = fixture(ratings, FakeTrainer({1: 100.0}), epochs=1)
    made.loop.run()
    held_out = made.loop.prepared.held_out.ratings.astype(float)
    event = made.of(EpochFinished)[0]
    assert event.val_rmse == pytest.approx(np.sqrt(np.mean((5 - held_out) ** 2)), rel=1e-6)
    assert event.val_mae == pytest.approx(np.mean(5 - held_out), rel=1e-6)


def test_progress_inside_an_epoch_comes_at_least_four_times_a_second(ratings: Ratings) -> None:
    made = fixture(ratings, FakeTrainer(batches=20_000, seconds=0.0005), epochs=1)
    when: list[float] = [0.0]
    made.loop.emit = told_at(made, when)
    made.loop.run()
    assert when[-1] == pytest.approx(10)
    assert np.diff(when).max() <= 0.25
    told = made.of(BatchProgress)
    assert len(told) >= 4 * 10 - 1
    assert [event.batch for event in told] == sorted({event.batch for event in told})
    etas = [event.eta_seconds for event in told]
    assert etas == pytest.approx([10 - seconds for seconds in when[1:-1]])


def told_at(made: Fixture, when: list[float]) -> Callable[[Event], None]:
    """Keeps events as before, and the time of each."""

    def emit(event: Event) -> None:
        made.events.append(event)
        when.append(made.trainer.clock.now)

    return emit


def test_a_learning_rate_set_by_hand_acts_and_scales_the_rest(ratings: Ratings) -> None:
    made = fixture(ratings, FakeTrainer())
    made.loop.controls.set_learning_rate(0.2)
    made.loop.run()
    assert [rate for _, rate in made.trainer.rates] == pytest.approx([0.2, 0.15, 0.1, 0.05])
    assert made.of(LearningRateChanged)[0].learning_rate == 0.2
    assert made.kept.epochs[0].rate_scale == pytest.approx(2)


def test_pause_holds_and_resume_goes_on_with_the_same_epochs(ratings: Ratings) -> None:
    made = fixture(ratings, FakeTrainer(batches=2000, seconds=0.0002), epochs=1)
    slices_at: list[int] = []

    def emit(event: Event) -> None:
        made.events.append(event)
        if isinstance(event, BatchProgress) and not slices_at:
            made.loop.controls.pause()
            made.loop.controls.send(Query(request="1", view="map"))  # while paused, questions are answered
        if isinstance(event, Paused | Resumed):
            slices_at.append(len(made.trainer.rates))

    def answer(asked: Command) -> None:
        made.trainer.clock.now += 3600
        made.loop.controls.resume()

    made.loop.emit, made.loop.answer = emit, answer
    assert made.loop.run() == "completed"
    kinds = [type(event) for event in made.events if isinstance(event, Paused | Resumed | EpochFinished)]
    assert kinds == [Paused, Resumed, EpochFinished]
    assert slices_at == [1, 1], "nothing was trained between the two"
    assert made.of(EpochFinished)[0].seconds == pytest.approx(2000 * 0.0002), "the pause is no training"
    assert made.of(EpochFinished)[0].ratings_per_second == pytest.approx(10 / 0.0002)


def test_stop_ends_at_once_even_while_paused(ratings: Ratings) -> None:
    made = fixture(ratings, FakeTrainer())
    made.loop.controls.pause()
    made.loop.controls.stop()
    assert made.loop.run() == "stopped"
    assert made.of(EpochFinished) == []


def test_a_query_is_answered_between_slices(ratings: Ratings) -> None:
    made = fixture(ratings, FakeTrainer())
    asked: list[Command] = []
    made.loop.answer = asked.append
    made.loop.controls.send(Query(request="1", view="map"))
    made.loop.run()
    assert asked == [Query(request="1", view="map")]


def test_early_stopping_keeps_the_best_epoch_by_the_tuning_part(ratings: Ratings) -> None:
    far = {1: 1.0, 2: 0.0, 3: 0.8, 4: 0.9, 5: 0.95}
    made = fixture(ratings, FakeTrainer(far), epochs=9, patience=2)
    assert len(made.loop.prepared.tuning) > 0
    assert made.loop.run() == "early_stopping"
    assert made.loop.progress.epoch == 4
    assert made.loop.progress.best_epoch == 2
    assert made.kept.best == [1, 2]
    assert [event.best for event in made.of(EpochFinished)] == [True, True, False, False]


def test_the_tuning_part_is_carved_out_of_training_and_never_touches_the_held_out_part(
    ratings: Ratings,
) -> None:
    plain, carved = (prepare(ratings, TrainingSettings(early_stopping=patience)) for patience in (0, 3))
    assert len(plain.tuning) == 0
    np.testing.assert_array_equal(plain.held_out.ratings, carved.held_out.ratings)
    assert len(carved.train) + len(carved.tuning) == len(plain.train)
    assert plain.split.hash == carved.split.hash


@pytest.mark.parametrize("error", [float("nan"), float("inf"), 1e9])
def test_divergence_is_found_and_explained(ratings: Ratings, error: float) -> None:
    made = fixture(ratings, FakeTrainer(error=error))
    with pytest.raises(
        DivergenceError, match=r"diverged in epoch 1.*learning rate of 0\.1.*--learning-rate 0\.01"
    ):
        made.loop.run()


def test_it_goes_on_from_the_progress_it_is_given(ratings: Ratings) -> None:
    made = fixture(ratings, FakeTrainer())
    made.loop.progress = Progress(epoch=2, rate_scale=2.0)
    made.loop.run()
    assert [event.epoch for event in made.of(EpochFinished)] == [3, 4]
    assert [rate for _, rate in made.trainer.rates] == pytest.approx([0.1, 0.05])
    assert isinstance(made.loop.controls, Controls)


def test_warming_up_compiles_where_the_trainer_can_and_trains_nothing(ratings: Ratings) -> None:
    class Compiling(FakeTrainer):
        compiled = 0

        def compile(self) -> None:
            self.compiled += 1

    trainer = Compiling()
    for each in (trainer, FakeTrainer()):
        made = fixture(ratings, each)
        assert made.loop.warm_up() == 40
        assert made.trainer.rates == []
    assert trainer.compiled == 1


def test_loops_that_are_told_the_seconds_of_a_slice_cut_their_epochs_alike(ratings: Ratings) -> None:
    class Told(FakeTrainer):
        counts: list[int]

        def run_batches(self, first: int, count: int, learning_rate: float) -> SliceTotals:
            self.counts.append(count)
            totals = super().run_batches(first, count, learning_rate)
            return SliceTotals(totals.squared_error, totals.ratings, count / 10_000)

    trainers = [Told(batches=9000, seconds=seconds) for seconds in (0.0, 1e-5)]
    for trainer in trainers:
        trainer.counts = []
        fixture(ratings, trainer, epochs=1).loop.run()
    assert trainers[0].counts == trainers[1].counts
    assert len(trainers[0].counts) > 3


def test_a_learning_rate_is_refused_in_words_where_there_is_none(ratings: Ratings) -> None:
    made = fixture(ratings, FakeTrainer(), epochs=2)
    made.loop.unused = ("learning_rate",)
    made.loop.controls.set_learning_rate(0.2)
    assert made.loop.run() == "completed"
    assert "no learning rate" in made.of(Refused)[0].message
    assert made.of(LearningRateChanged) == []
    assert [event.learning_rate for event in made.of(EpochFinished)] == [None, None]
