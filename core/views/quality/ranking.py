"""How well a model ranks: figures on the held-out part over all items, popularity beside it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np

from core.array_types import FloatArray, LongArray, Mask
from core.data import Ratings
from core.errors import DataError, UsageError
from core.files import write_through
from core.model import Model, held_out_blocks, raw_blocks
from core.options import option
from core.ranking import ItemSets, PerUser, RankingFigures, RankingTask, gini, in_long_tail, sum_up
from core.views import Answer, Cells, Lines, Remark, Table, View
from core.views.quality.blend import blended
from core.views.quality.recent import recent_blocks

_GROUPS = 3


@dataclass(frozen=True, kw_only=True)
class ActivityGroup:
    """Users with so many training rows, `least` to `most`: their nDCG, and what they are shown.

    `popularity` is the mean count of training of what is shown, `long_tail` the share of it beyond the most
    popular items which hold 80 % of training, `gini` how unequally items are shown.
    """

    least: int
    most: int
    users: int
    ndcg: float
    popularity: float
    long_tail: float
    gini: float

    def cells(self) -> Cells:
        """The group as cells of a table."""
        figures = (f"{self.ndcg:.4f}", f"{self.popularity:,.0f}", f"{self.long_tail:.1%}", f"{self.gini:.3f}")
        return f"{self.least:,} to {self.most:,}", f"{self.users:,}", *figures


@dataclass(frozen=True, kw_only=True)
class RankedBy(RankingFigures):
    """Figures as a frame shows them, and of what: this run, or popularity."""

    ranked_by: str


@dataclass(frozen=True, kw_only=True)
class RankingQuality(Answer):
    """Means over `users` (those with a relevant held-out item) of the top `k` of all items not rated in
    training; relevant is a held-out rating of at least `relevant_from`, any held-out row where that is None.

    Mere popularity stands beside the model, and, where there are times, popularity at the time of each user's
    first held-out row. `by_activity` are thirds of the users by their training rows.
    """

    run: str | None
    k: int
    relevant_from: float | None
    users: int
    model: RankingFigures
    popularity: RankingFigures
    recent_popularity: RankingFigures | None = None
    by_activity: tuple[ActivityGroup, ...] = ()

    def rows(self) -> Sequence[RankedBy]:
        """The run above popularity."""
        return tuple(RankedBy(ranked_by=name, **vars(figures)) for name, figures in self.beside().items())

    def beside(self) -> dict[str, RankingFigures]:
        """The run's figures and those of the baselines, by name."""
        both = {"this run": self.model, "popularity": self.popularity}
        recent = self.recent_popularity
        return both if recent is None else {**both, "popularity at the time": recent}


class Ranking(View[RankingQuality]):
    """Measure a run's ranking of all items: nDCG, recall, MAP, coverage, novelty; popularity beside it.

    Raises TastemapError where the ratings table can't be read, and DataError where no held-out rating is
    relevant.
    """

    command: ClassVar[str] = "rank"
    on_held_out: ClassVar[bool] = True
    k: int = option(
        default=10, help="Measure the first k of each user's ranking.", minimum=1, flags=("-k", "--k")
    )
    relevant_from: float | None = option(
        default=None,
        help="A rating from which on an item is relevant [upper quarter of the scale; every like of a run "
        "that ranks].",
    )

    rank_by: str = option(
        default="score",
        help="By the model's own score, or by a blend of the predicted rating with popularity.",
        choices=("score", "blend"),
    )

    def answer(self, model: Model) -> RankingQuality:
        """Rank all items for every user with a relevant one, by the model and by popularity."""
        task, threshold = ranking_task(model, self.relevant_from), threshold_of(model, self.relevant_from)
        k = min(self.k, len(model.items))
        measured = task.measure(self._blocks(model, task), k)
        return RankingQuality(
            run=model.facts.run,
            k=k,
            relevant_from=threshold,
            users=len(task.users),
            model=sum_up(measured, task.item_counts, task.trained_users),
            popularity=task.figures(task.popularity(task.users), k),
            recent_popularity=_recent(model, task, k),
            by_activity=tuple(_by_activity(task, measured)),
        )

    def _blocks(self, model: Model, task: RankingTask) -> Iterator[tuple[LongArray, FloatArray]]:
        for users, raw in held_out_blocks(model, task.users):
            yield users, raw if self.rank_by == "score" else blended(model, raw)

    @classmethod
    def lines(cls, answer: RankingQuality) -> Lines:
        """The model above popularity, what lies beyond accuracy, groups of users."""
        sought = "rows" if answer.relevant_from is None else f"ratings from {answer.relevant_from:g}"
        yield Remark(f"{answer.users:,} users; relevant: held-out {sought}")
        k = answer.k
        heading = ("", f"nDCG@{k}", "95 %", f"recall@{k}", "recall@20", f"MAP@{k}", "coverage", "novelty")
        beside = answer.beside().items()
        yield Table([heading, *(_cells(name, figures) for name, figures in beside)])
        beyond = ("shown", "Gini", "long tail", "mean popularity")
        yield Table([beyond, *(_beyond(name, figures) for name, figures in beside)])
        groups = ("training rows", "users", f"nDCG@{k}", "mean popularity", "long tail", "Gini")
        yield Table([groups, *(one.cells() for one in answer.by_activity)])


def _recent(model: Model, task: RankingTask, k: int) -> RankingFigures | None:
    blocks = recent_blocks(model.rated, task.users, np.flatnonzero(model.rated.held_out))
    return None if blocks is None else task.figures(blocks, k)


def threshold_of(model: Model, wanted: float | None) -> float | None:
    """The rating from which on an item is relevant; None where every held-out row is."""
    if wanted is not None:
        return wanted
    if model.ranks:
        return model.facts.positive_from
    scale = model.baseline.scale
    return scale.minimum + 0.75 * (scale.maximum - scale.minimum)


def ranking_task(model: Model, relevant_from: float | None = None) -> RankingTask:
    """What a model's ranking is measured by: its held-out part; raises TastemapError and DataError."""
    rated, threshold = model.rated, threshold_of(model, relevant_from)
    table, counts = rated.ratings, (len(model.users), len(model.items))
    wanted: Mask = rated.held_out.copy()
    if threshold is not None:
        wanted &= table.ratings >= np.float32(threshold)
    known = rated.in_training | rated.given
    seen = ItemSets.of(table.users[known], table.items[known], counts)
    relevant = ItemSets.of(table.users[wanted], table.items[wanted], counts)
    trained_users = int((model.baseline.user_counts > 0).sum())
    task = RankingTask.of(seen, relevant, model.baseline.item_counts, trained_users)
    if not len(task.users):
        sought = "row is new to its user" if threshold is None else f"rating is at least {threshold:g}"
        raise DataError(f"no held-out {sought}, so nothing is relevant.")
    return task


def ndcg_of(model: Model, table: Ratings, k: int = 10) -> float:
    """nDCG@k of ranking all items where a table's rows are what is sought, those of training passed over.

    Of ratings only those count that the model would learn from as likes. Raises TastemapError where the
    model's own ratings can't be read, and DataError where no row is new to a user that it knows.
    """
    seen, counts = model.rated, (len(model.users), len(model.items))
    (users, items), liked = model.predictor.rows_of(table), model.facts.positive_from
    wanted = (users >= 0) & (items >= 0)
    if liked is not None and table.has_ratings:
        wanted &= table.ratings >= np.float32(liked)
    training = seen.ratings.users[seen.in_training], seen.ratings.items[seen.in_training]
    relevant = ItemSets.of(users[wanted], items[wanted], counts)
    task = RankingTask.of(ItemSets.of(*training, counts), relevant, model.baseline.item_counts)
    if not len(task.users):
        raise DataError("no row is new to a user of the model, so nothing is relevant.", path=table.source)
    return task.figures(raw_blocks(model, task.users), min(k, len(model.items))).ndcg


def measure_users(model: Model, k: int, relevant_from: float | None = None) -> PerUser:
    """Each user's figures and what they are shown, once a model and question; raises TastemapError."""
    task = ranking_task(model, relevant_from)
    name = f"ranking of the first {k} from {threshold_of(model, relevant_from)}"
    first = min(k, len(model.items))
    return model.remember(name, lambda: task.measure(held_out_blocks(model, task.users), first))


def measure_popularity(model: Model, k: int, relevant_from: float | None = None) -> PerUser:
    """The same for a ranking by popularity in the model's training."""
    task = ranking_task(model, relevant_from)
    name = f"popularity's ranking of the first {k} from {threshold_of(model, relevant_from)}"
    return model.remember(name, lambda: task.measure(task.popularity(task.users), min(k, len(model.items))))


def write_users(model: Model, question: Ranking, path: Path) -> int:
    """Write each user's figures as Parquet or CSV, by the file's ending; returns the count of users.

    Raises UsageError for another ending.
    """
    import pyarrow
    import pyarrow.csv
    import pyarrow.parquet

    ending = path.suffix.lower()
    if ending not in (".parquet", ".csv"):
        raise UsageError(f"{path} ends in neither of .parquet, .csv.")
    measured = measure_users(model, question.k, question.relevant_from)
    counts = model.baseline.user_counts[measured.users]
    table = pyarrow.table(
        {
            "user": model.users.ids[measured.users].tolist(),
            "training_rows": counts,
            "ndcg": measured.ndcg,
            "recall": measured.recall,
            "recall_20": measured.recall_20,
            "map": measured.precision,
        }
    )
    write = pyarrow.csv.write_csv if ending == ".csv" else pyarrow.parquet.write_table
    write_through(path, lambda temporary: write(table, temporary))
    return len(table)


def _by_activity(task: RankingTask, measured: PerUser) -> Iterator[ActivityGroup]:
    sizes, tail = task.seen.sizes[measured.users], in_long_tail(task.item_counts)
    trained = task.item_counts > 0
    for group in np.array_split(np.argsort(sizes, kind="stable"), _GROUPS):
        if not len(group):
            continue
        shown = measured.shown[group]
        times = np.bincount(shown.ravel(), minlength=len(trained))[trained]
        yield ActivityGroup(
            least=int(sizes[group].min()),
            most=int(sizes[group].max()),
            users=len(group),
            ndcg=float(measured.ndcg[group].mean()),
            popularity=float(task.item_counts[shown].mean()),
            long_tail=float(tail[shown].mean()),
            gini=gini(times),
        )


def _cells(name: str, figures: RankingFigures) -> Cells:
    interval = figures.interval
    between = "-" if interval is None else f"{interval.low:.4f} to {interval.high:.4f}"
    shares = (f"{share:.4f}" for share in (figures.recall, figures.recall_20, figures.map))
    return (
        name,
        f"{figures.ndcg:.4f}",
        between,
        *shares,
        f"{figures.coverage:.1%}",
        f"{figures.novelty:.2f} bits",
    )


def _beyond(name: str, figures: RankingFigures) -> Cells:
    return name, f"{figures.gini:.3f}", f"{figures.long_tail:.1%}", f"{figures.popularity:,.0f} rows"
