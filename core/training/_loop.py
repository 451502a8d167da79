"""The training loop: epochs in slices, events out, commands in, a checkpoint after each epoch."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from core.array_types import FloatArray
from core.contract import Arrays, Compiles, Converges, Schedule, SliceTotals, Trainer
from core.errors import DivergenceError
from core.protocol import (
    BatchProgress,
    Command,
    EpochFinished,
    Event,
    Finished,
    LearningRateChanged,
    Pause,
    Paused,
    Refused,
    Resume,
    Resumed,
    SetLearningRate,
    Stop,
)
from core.runs import Progress
from core.training._pace import Pace
from core.training._prepare import Figures, Prepared
from core.training.controls import Controls, ignore
from core.training.ranking import finished_fields, ranking_fields, ruling_error

if TYPE_CHECKING:
    from core.ranking import PerUser
    from core.views.quality import Ways


@dataclass
class _RunningEpoch:
    """Batches done, the sum of squared errors over so many ratings, and the seconds of training alone."""

    number: int
    batches: int
    done: int = 0
    squared_error: float = 0.0
    ratings: int = 0
    seconds: float = 0.0

    def add(self, batches: int, totals: SliceTotals, seconds: float) -> None:
        """Count a slice of batches in."""
        self.done += batches
        self.squared_error += totals.squared_error
        self.ratings += totals.ratings
        self.seconds += seconds

    @property
    def running_rmse(self) -> float:
        """RMSE over the ratings trained on so far, each before its update."""
        return math.sqrt(self.running_mean)

    @property
    def running_mean(self) -> float:
        """The mean error of a rating so far: squared, or −log of a probability."""
        return self.squared_error / max(1, self.ratings)

    @property
    def ratings_per_second(self) -> float:
        """Speed so far."""
        return self.ratings / max(self.seconds, 1e-9)


class _Checkpoints(Protocol):
    """Where the loop leaves what must survive a crash."""

    def save_epoch(self, event: EpochFinished, progress: Progress, state: Callable[[], Arrays]) -> None:
        """Keep the end of an epoch."""

    def save_best(self, epoch: int, weights: Arrays) -> None:
        """Keep the weights of the best epoch so far."""


@dataclass(kw_only=True)
class TrainingLoop:
    """Runs a trainer over the schedule's epochs.

    `answer` receives the commands that don't steer (queries), between two slices and while paused. `unused`
    are settings that mean nothing to the trainer. Without `figures_by_epoch` the held-out part is measured at
    the end alone. `usage` tells what the process takes, by the names of `UsageFigures`. `clock` gives
    seconds, of which only differences matter.
    """

    trainer: Trainer
    prepared: Prepared
    schedule: Schedule
    patience: int
    checkpoints: _Checkpoints
    emit: Callable[[Event], None]
    controls: Controls = field(default_factory=Controls)
    answer: Callable[[Command], None] = ignore
    progress: Progress = field(default_factory=Progress)
    unused: Sequence[str] = ()
    figures_by_epoch: bool = True
    usage: Callable[[], Mapping[str, Any]] = dict
    clock: Callable[[], float] = time.perf_counter
    _pace: Pace = field(default_factory=Pace)
    _stopped: bool = False
    last_event: EpochFinished | None = None
    compared: Ways | None = None

    def run(self) -> str:
        """Train to the end; returns the reason: completed, stopped or early_stopping.

        Raises DivergenceError where numbers stop being finite; the last checkpoint is then still good.
        """
        while self.progress.epoch < self.schedule.epochs:
            finished = self._run_epoch(self.progress.epoch + 1)
            if finished is None:
                return "stopped"
            self._close_epoch(finished)
            if self.patience and self.progress.epoch - self.progress.best_epoch >= self.patience:
                return "early_stopping"
        return "completed"

    def warm_up(self) -> int:
        """Let the trainer compile before the clock runs; returns the count of batches of an epoch.

        Nothing is trained; the held-out pairs are scored.
        """
        epoch = min(self.progress.epoch + 1, self.schedule.epochs)
        batches = self.trainer.begin_epoch(epoch)
        if isinstance(self.trainer, Compiles):
            self.trainer.compile()
        self.prepared.measure_held_out(self.trainer)
        return batches

    def summary(self, folder: Path, reason: str) -> Finished:
        """Measure the trainer's weights and sum the training up; `compared` is then the held-out part."""
        measure, prepared, progress = self.prepared.measure, self.prepared, self.progress
        predictions = prepared.held_out_predictions(self.trainer)
        held_out = Figures.of(predictions, prepared.held_out)
        ranked = None if prepared.judge is None else prepared.judge.of_held_out(self.trainer)
        self.compared = self._beside_baseline(predictions, ranked)
        return Finished(
            run=folder.name,
            reason=reason,
            val_rmse=held_out.rmse,
            val_mae=held_out.mae,
            train_rmse=measure(self.trainer, prepared.train_sample).rmse,
            tuning_rmse=measure(self.trainer, prepared.tuning).rmse,
            epochs=progress.epoch,
            best_epoch=progress.best_epoch,
            seconds=progress.seconds,
            ratings_per_second=progress.ratings / max(progress.seconds, 1e-9),
            split_hash=prepared.split.hash,
            path=str(folder),
            replica_rmse=prepared.measure_replicas(self.trainer),
            moment_rmse=self._rmse_at_moments(),
            **finished_fields(prepared.judge, self.trainer, self.last_event, ranked),
            baseline_rmse=prepared.baseline_rmse,
            **_difference_fields(self.compared),
            apart=prepared.folding.apart(self.trainer) if prepared.folding else (),
            convergence=self.trainer.convergence() if isinstance(self.trainer, Converges) else {},
        )

    def _rmse_at_moments(self) -> float | None:
        predictions = self.prepared.predictions_at_moments(self.trainer)
        return None if predictions is None else Figures.of(predictions, self.prepared.held_out).rmse

    def _beside_baseline(self, predictions: FloatArray, ranked: PerUser | None) -> Ways | None:
        """The held-out part by the baseline and by the trainer; None where nothing is held out."""
        if self.prepared.judge is not None:
            popular = self.prepared.judge.by_popularity
            return None if ranked is None or popular is None else (popular, ranked)
        return self.prepared.against_baseline(predictions) if len(predictions) else None

    def learning_rate(self, epoch: int) -> float:
        """The learning rate of an epoch after what was set by hand."""
        return self.schedule.learning_rate(epoch) * self.progress.rate_scale

    def _run_epoch(self, number: int) -> _RunningEpoch | None:
        epoch = _RunningEpoch(number, self.trainer.begin_epoch(number))
        while epoch.done < epoch.batches:
            self._obey(epoch)
            if self._stopped:
                return None
            self._run_slice(epoch)
        return epoch

    def _run_slice(self, epoch: _RunningEpoch) -> None:
        count = self._pace.next_count(epoch.batches - epoch.done)
        started = self.clock()
        totals = self.trainer.run_batches(epoch.done, count, self.learning_rate(epoch.number))
        seconds = self.clock() - started
        self._pace.learn(count, seconds if totals.seconds is None else totals.seconds)
        epoch.add(count, totals, seconds)
        self._refuse_divergence(epoch)
        if epoch.done < epoch.batches:
            self.emit(self._batch_progress(epoch))

    def _obey(self, epoch: _RunningEpoch) -> None:
        command = self.controls.next()
        paused = False
        while command is not None or paused:
            match command:
                case Stop():
                    self._stopped = True
                    return
                case SetLearningRate():
                    self._set_learning_rate(command.learning_rate, epoch)
                case Pause() if not paused:
                    paused = True
                    self.emit(Paused(epoch.number, epoch.done))
                case Resume() if paused:
                    paused = False
                    self.emit(Resumed(epoch.number, epoch.done))
                case Pause() | Resume() | None:
                    pass
                case _:
                    self.answer(command)
            command = self.controls.next(wait_seconds=0.05 if paused else None)

    def _told_rate(self, epoch: int) -> float | None:
        """The learning rate as it is told: None where the trainer has none."""
        return None if "learning_rate" in self.unused else self.learning_rate(epoch)

    def _set_learning_rate(self, learning_rate: float, epoch: _RunningEpoch) -> None:
        if "learning_rate" in self.unused:
            message = "This model has no learning rate to set: its training doesn't use one."
            self.emit(Refused(command="set_learning_rate", message=message))
            return
        scale = learning_rate / self.schedule.learning_rate(epoch.number)
        self.progress = replace(self.progress, rate_scale=scale)
        self.emit(LearningRateChanged(epoch=epoch.number, batch=epoch.done, learning_rate=learning_rate))

    def _batch_progress(self, epoch: _RunningEpoch) -> BatchProgress:
        left = epoch.batches - epoch.done + epoch.batches * (self.schedule.epochs - epoch.number)
        return BatchProgress(
            epoch=epoch.number,
            batch=epoch.done,
            batches=epoch.batches,
            train_rmse=None if self.prepared.liked else epoch.running_rmse,
            train_loss=epoch.running_mean if self.prepared.liked else None,
            learning_rate=self._told_rate(epoch.number),
            ratings_per_second=epoch.ratings_per_second,
            eta_seconds=left * epoch.seconds / epoch.done,
            **self.usage(),
        )

    def _refuse_divergence(self, epoch: _RunningEpoch) -> None:
        scale = self.prepared.baseline.scale
        most = 10_000 * (1 + abs(scale.maximum - scale.minimum)) ** 2
        if math.isfinite(epoch.squared_error) and epoch.running_mean <= most:
            return
        rate = self.learning_rate(epoch.number)
        raise DivergenceError(
            f"Training diverged in epoch {epoch.number}: the mean error is {epoch.running_mean:.3g} "
            f"at a learning rate of {rate:g}.",
            hint=f"Try a lower learning rate (--learning-rate {rate / 10:.2g}) or more l2.",
        )

    def _close_epoch(self, epoch: _RunningEpoch) -> None:
        measure = self.prepared.measure
        tuning = measure(self.trainer, self.prepared.tuning).rmse
        figures, ranked = self._figures_of_epoch()
        ruling = ruling_error(tuning, ranked.get("tuning_ndcg"))
        if self.patience:
            ruling = self.controls.agree(ruling)
        best = ruling is None or self.progress.best_error is None or ruling < self.progress.best_error
        self.last_event = EpochFinished(
            epoch=epoch.number,
            epochs=self.schedule.epochs,
            tuning_rmse=tuning,
            learning_rate=self._told_rate(epoch.number),
            seconds=epoch.seconds,
            ratings_per_second=epoch.ratings_per_second,
            best=best,
            train_loss=epoch.running_mean if self.prepared.liked else None,
            **figures,
            **ranked,
            **self.usage(),
        )
        self._remember(epoch, self.last_event, ruling)
        self.emit(self.last_event)

    def _figures_of_epoch(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Errors and ranking figures of the current weights, as far as anybody or anything looks at them."""
        prepared, looked_at = self.prepared, self.figures_by_epoch
        held_out = prepared.measure_held_out(self.trainer) if looked_at else Figures(None, None)
        train = prepared.measure(self.trainer, prepared.train_sample) if looked_at else held_out
        ranked = ranking_fields(prepared.judge, self.trainer) if looked_at or self.patience else {}
        return {"train_rmse": train.rmse, "val_rmse": held_out.rmse, "val_mae": held_out.mae}, ranked

    def _remember(self, epoch: _RunningEpoch, event: EpochFinished, ruling: float | None) -> None:
        self.progress = replace(
            self.progress,
            epoch=epoch.number,
            best_epoch=epoch.number if event.best else self.progress.best_epoch,
            best_error=ruling if event.best else self.progress.best_error,
            seconds=self.progress.seconds + epoch.seconds,
            ratings=self.progress.ratings + epoch.ratings,
        )
        if event.best and ruling is not None:
            self.checkpoints.save_best(epoch.number, self.trainer.weights())
        self.checkpoints.save_epoch(event, self.progress, self.trainer.state)


def _difference_fields(compared: Ways | None) -> dict[str, Any]:
    """How far the run lies from its baseline, as the finished event names it."""
    from core.views.quality import pooled_difference

    if compared is None:
        return {}
    away = pooled_difference([compared])
    return {"difference": away.value, "difference_low": away.low, "difference_high": away.high}
