"""An updated run summed up as a training is: figures of the whole held-out part, beside the baseline."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from core.data import Split
from core.errors import DataError
from core.model import Model, held_out, held_out_by_means, mae, rmse
from core.protocol import EpochFinished, Finished
from core.runs.updating._figures import interval_of
from core.runs.updating._merging import Merged
from core.runs.updating.account import Updated
from core.views.quality import (
    Ranking,
    bootstrap_difference,
    measure_popularity,
    measure_users,
    paired_difference,
)

_FIRST = 10
_SAMPLED = 200_000


def summed_up(
    model: Model, merged: Merged, account: Updated, split: Split, folder: Path
) -> tuple[EpochFinished, Finished]:
    """The update as an epoch, and the run's summary."""
    figures: dict[str, Any] = {}
    away: dict[str, Any] = {}
    speed: dict[str, Any] = {"seconds": account.seconds}
    if len(split.test):
        figures, away = _ranked(model) if model.ranks else _rated(model, merged)
    plain = {"val_rmse": None, "val_mae": None, "train_rmse": None, "tuning_rmse": None, **figures}
    count = account.added + account.changed + account.withdrawn
    speed["ratings_per_second"] = count / max(account.seconds, 1e-9)
    loss: dict[str, Any] = {"train_loss": 0.0} if model.ranks else {}
    epoch = EpochFinished(epoch=1, epochs=1, learning_rate=None, best=True, **plain, **speed, **loss)
    summary = Finished(
        run=account.run,
        reason="updated",
        epochs=1,
        best_epoch=1,
        split_hash=split.hash,
        path=str(folder),
        objective=model.objective,
        **plain,
        **speed,
        **away,
    )
    return epoch, summary


def _rated(model: Model, merged: Merged) -> tuple[dict[str, Any], dict[str, Any]]:
    pairs, means, now = held_out(model), held_out_by_means(model), merged.now
    away = bootstrap_difference(means, pairs)
    some = now.take(slice(None, None, max(1, len(now) // _SAMPLED)))
    figures = {
        "val_rmse": rmse(pairs.predicted, pairs.truth),
        "val_mae": mae(pairs.predicted, pairs.truth),
        "train_rmse": rmse(model.predictor.predict_rows(some.users, some.items), some.values),
    }
    return figures, {"baseline_rmse": rmse(means.predicted, means.truth), **interval_of(away)}


def _ranked(model: Model) -> tuple[dict[str, Any], dict[str, Any]]:
    try:
        found = Ranking(k=_FIRST).answer(model)
    except DataError:  # nothing that is held out counts as a like
        return {}, {}
    first, popular = found.model, found.popularity
    away = paired_difference(measure_popularity(model, _FIRST), measure_users(model, _FIRST))
    names = ("ndcg", "recall", "recall_20", "map", "coverage", "novelty")
    interval = first.interval
    return {
        **{f"val_{name}": getattr(first, name) for name in names},
        "baseline_ndcg": popular.ndcg,
    }, {"val_ndcg_interval": () if interval is None else (interval.low, interval.high), **interval_of(away)}
