"""From what contenders predicted and ranked to their standings, all differences paired by user."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np

from core.array_types import DoubleArray, FloatArray, LongArray
from core.verdict.answer import NDCG, RMSE, Away, Pair, Part, Standing
from core.views.quality import resampled_means, resampled_rmse


@dataclass
class Judged:
    """What was measured on one part of a split: `squares` and `ndcg` by contender, shape (n,) and (users,).

    `users` are those of the rated rows, `ranked` those who are ranked for, both the same for all.
    """

    split: str
    split_hash: str
    users: LongArray
    squares: dict[str, DoubleArray] = field(default_factory=dict)
    ranked: int = 0
    likes: int = 0
    ndcg: dict[str, DoubleArray] = field(default_factory=dict)

    def add_predictions(self, name: str, predictions: FloatArray, truth: FloatArray) -> None:
        """Add what a contender predicted for the rows, shape (n,)."""
        self.squares[name] = np.square(predictions.astype(np.float64) - truth)


def parts_of(
    judged: Judged, baselines: Mapping[str, str], seconds: Mapping[str, float], runs: Mapping[str, str]
) -> list[Part]:
    """The standings by each measure that there is; `baselines` by measure."""
    found = []
    if len(judged.squares) > 1 and len(judged.users):
        table = np.stack(list(judged.squares.values()), axis=1)
        drawn = resampled_rmse(judged.users, table)
        exact = np.sqrt(table.mean(axis=0))
        users, rows = len(np.unique(judged.users)), len(judged.users)
        found.append((RMSE, list(judged.squares), exact, drawn, users, rows))
    if len(judged.ndcg) > 1 and judged.ranked:
        table = np.stack(list(judged.ndcg.values()), axis=1)
        drawn = resampled_means(table)
        found.append((NDCG, list(judged.ndcg), table.mean(axis=0), drawn, judged.ranked, judged.likes))
    return [
        Part(
            split=judged.split,
            measure=measure,
            split_hash=judged.split_hash,
            users=users,
            rows=rows,
            baseline=baselines[measure],
            standings=_standings(measure, names, exact, drawn, baselines[measure], seconds, runs),
            pairs=tuple(
                Pair(first=names[a], other=names[b], away=_away(exact, drawn, a, b))
                for a, b in combinations(range(len(names)), 2)
            ),
        )
        for measure, names, exact, drawn, users, rows in found
    ]


def _standings(
    measure: str,
    names: Sequence[str],
    exact: DoubleArray,
    drawn: DoubleArray,
    baseline: str,
    seconds: Mapping[str, float],
    runs: Mapping[str, str],
) -> tuple[Standing, ...]:
    order = np.argsort(exact if measure == RMSE else -exact, kind="stable").tolist()
    best, base = order[0], names.index(baseline)
    low, high = np.percentile(drawn, [2.5, 97.5], axis=0)
    return tuple(
        Standing(
            name=names[at],
            figure=float(exact[at]),
            low=max(0.0, float(low[at])),
            high=float(high[at]) if measure == RMSE else min(1.0, float(high[at])),
            from_baseline=None if at == base else _away(exact, drawn, base, at),
            from_best=None if at == best else _away(exact, drawn, best, at),
            seconds=seconds.get(names[at]),
            run=runs.get(names[at]),
        )
        for at in order
    )


def _away(exact: DoubleArray, drawn: DoubleArray, first: int, other: int) -> Away:
    low, high = np.percentile(drawn[:, other] - drawn[:, first], [2.5, 97.5])
    return Away(difference=float(exact[other] - exact[first]), low=float(low), high=float(high))
