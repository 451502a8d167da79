"""What is told of a run when its training begins."""

from __future__ import annotations

from collections.abc import Sequence

from core.contract import Trainer
from core.data import Ratings, split_notes
from core.protocol import RunStarted
from core.runs import RunConfig
from core.training._loop import TrainingLoop
from core.training._prepare import Prepared


def notes(ratings: Ratings, prepared: Prepared) -> list[str]:
    """What was decided for the user, and what the split leaves unsaid."""
    liked = [prepared.liked.rule.why] if prepared.liked else []
    return [*liked, *split_notes(ratings, prepared.split)]


def run_started(
    config: RunConfig,
    loop: TrainingLoop,
    trainer: Trainer,
    batches: int,
    baseline_rmse: float | None,
    notes: Sequence[str],
) -> RunStarted:
    """All that describes the run, for its first event."""
    return RunStarted(
        run=config.run,
        architecture=config.architecture,
        options=config.options,
        settings=config.settings,
        data=config.data,
        split_hash=str(config.split["hash"]),
        device=config.device,
        parameters=trainer.parameters,
        epochs=loop.schedule.epochs,
        batches=batches,
        first_epoch=loop.progress.epoch + 1,
        split=config.split,
        notes=notes,
        baseline_rmse=baseline_rmse,
        adaptation=config.adaptation,
        unused=list(loop.unused),
    )
