from __future__ import annotations

from dataclasses import replace

from core.protocol.events import (
    BatchProgress,
    EpochFinished,
    Failed,
    LearningRateChanged,
    Paused,
    PhaseChanged,
    Resumed,
)
from tests.support import EPOCH
from tests.tui.fake_engine import recorded_events
from tui.shell.training import Stage, TrainingState


def played(count: int | None = None) -> TrainingState:
    state = TrainingState(stage=Stage.PREPARING)
    for event in recorded_events()[:count]:
        state.apply(event)
    return state


def test_a_whole_training_ends_finished_with_its_best_epoch() -> None:
    state = played()
    assert state.stage is Stage.FINISHED
    assert len(state.epochs) == 12
    assert state.finished is not None
    assert state.kept is not None
    assert state.kept.epoch == state.finished.best_epoch
    assert state.fraction == 1.0


def test_progress_counts_batches_of_the_epoch_under_way() -> None:
    state = played(4)  # started and three epochs
    state.apply(
        BatchProgress(
            epoch=4,
            batch=264,
            batches=528,
            train_rmse=0.6,
            learning_rate=0.04,
            ratings_per_second=1e6,
            eta_seconds=2.0,
        )
    )
    assert abs(state.fraction - 3.5 / 12) < 1e-9


def test_the_learning_rate_is_the_one_heard_of_last() -> None:
    state = played(4)
    assert state.learning_rate == state.epochs[-1].learning_rate
    state.apply(
        BatchProgress(
            epoch=4,
            batch=10,
            batches=528,
            train_rmse=0.6,
            learning_rate=0.04,
            ratings_per_second=1e6,
            eta_seconds=2.0,
        )
    )
    assert state.learning_rate == 0.04
    state.apply(LearningRateChanged(epoch=4, batch=10, learning_rate=0.5))
    assert state.learning_rate == 0.5


def test_pause_and_resume() -> None:
    state = played(3)
    state.apply(Paused(3, 1))
    assert state.stage is Stage.PAUSED
    assert state.active
    state.apply(Resumed(3, 1))
    assert state.stage is Stage.RUNNING


def test_a_failed_query_is_not_a_failed_training() -> None:
    state = played(3)
    state.apply(Failed(kind="UsageError", message="no such user", request="7"))
    assert state.stage is Stage.RUNNING
    state.apply(Failed(kind="DivergenceError", message="not finite"))
    assert state.stage is Stage.FAILED


def test_a_warm_up_is_no_training() -> None:
    state = TrainingState()
    state.apply(PhaseChanged("starting TensorFlow"))
    state.apply(Failed(kind="DeviceError", message="no GPU"))
    assert state.stage is Stage.IDLE


def test_epochs_without_a_held_out_part_have_no_best_value() -> None:
    state = TrainingState()
    state.apply(replace(EPOCH, epochs=1, val_rmse=None, val_mae=None))
    assert state.kept is not None
    assert state.kept.val_rmse is None


def epoch_of(number: int, val_rmse: float) -> EpochFinished:
    return replace(EPOCH, epoch=number, val_rmse=val_rmse)


def test_a_held_out_figure_that_gets_no_better_is_noticed_and_the_lowest_is_named() -> None:
    state = TrainingState(Stage.RUNNING)
    for number, figure in enumerate((0.9, 0.86, 0.87, 0.87, 0.88, 0.88), 1):
        state.apply(epoch_of(number, figure))
    assert state.rises_since is None
    state.apply(epoch_of(7, 0.89))
    assert state.rises_since == 2
    assert state.extreme is not None and state.extreme.val_rmse == 0.86
