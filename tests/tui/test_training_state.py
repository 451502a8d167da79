from __future__ import annotations

from core.protocol.events import (
    BatchProgress,
    EpochFinished,
    Failed,
    LearningRateChanged,
    Paused,
    PhaseChanged,
    Resumed,
)
from tests.tui.fake_engine import recorded_events
from tui.train.state import Stage, TrainingState


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
    assert state.best is not None
    assert state.best.epoch == state.finished.best_epoch
    assert state.fraction == 1.0


def test_progress_counts_batches_of_the_epoch_under_way() -> None:
    state = played(4)  # started and three epochs
    state.apply(BatchProgress(4, 264, 528, 0.6, 0.04, 1e6, 2.0))
    assert abs(state.fraction - 3.5 / 12) < 1e-9


def test_the_learning_rate_is_the_one_heard_of_last() -> None:
    state = played(4)
    assert state.learning_rate == state.epochs[-1].learning_rate
    state.apply(BatchProgress(4, 10, 528, 0.6, 0.04, 1e6, 2.0))
    assert state.learning_rate == 0.04
    state.apply(LearningRateChanged(4, 10, 0.5))
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
    state.apply(Failed("UsageError", "no such user", request="7"))
    assert state.stage is Stage.RUNNING
    state.apply(Failed("DivergenceError", "not finite"))
    assert state.stage is Stage.FAILED


def test_a_warm_up_is_no_training() -> None:
    state = TrainingState()
    state.apply(PhaseChanged("starting TensorFlow"))
    state.apply(Failed("DeviceError", "no GPU"))
    assert state.stage is Stage.IDLE


def test_epochs_without_a_held_out_part_have_no_best_value() -> None:
    state = TrainingState()
    state.apply(EpochFinished(1, 1, 0.9, None, None, None, 0.1, 0.1, 1e6, True))
    assert state.best is not None
    assert state.best.val_rmse is None
