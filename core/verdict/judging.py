"""Train every contender on every split, one after another in this process, and measure all alike."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from core.array_types import LongArray
from core.contract import (
    Registry,
    TrainingSettings,
    refuse_several_machines,
    resolve,
    settle,
    used_settings,
)
from core.data import Ratings, Split, split_notes
from core.errors import DataError
from core.files import runs_folder
from core.model import Model, RatedTable, fold_means, held_out_blocks, predict_rows
from core.protocol import Command, EpochFinished, Event, Finished, PhaseChanged, RunStarted
from core.ranking import Blocks, ItemSets, LikeRule, RankingTask, like_rule
from core.runs import Run, new_run_id
from core.training import Controls, Session, ignore, split_of
from core.verdict.answer import NDCG, RMSE, Part, Verdict
from core.verdict.conclusions import conclude, reversals
from core.verdict.contenders import MEANS, POPULARITY, RECENT, Contender, refuse_nothing
from core.verdict.standings import Judged, parts_of
from core.views.quality import recent_blocks

NEW_USERS = "time, new users"
_FIRST = 10
_MOST_USERS = 5_000
_BASELINES = {RMSE: MEANS, NDCG: POPULARITY}
Curve = tuple[float | None, ...]


@dataclass
class Judging:
    """Judges contenders on splits of a table; `settings` are laid over every contender's recipe.

    `emit` receives every event, `answer` commands that don't steer; `next_controls` gives the mailbox of the
    next training: a stop there ends it all. Runs are kept among all runs where `keep` says so, else they are
    gone with the verdict. `curves` are filled on the way: held-out figures by epoch, by split, measure and
    contender; `levels` are those of the baselines.
    """

    ratings: Ratings
    contenders: Sequence[Contender]
    splits: Sequence[str]
    registry: Registry
    emit: Callable[[Event], None]
    settings: dict[str, object] = field(default_factory=dict)
    next_controls: Callable[[], Controls] = Controls
    answer: Callable[[Command], None] = ignore
    keep: bool = False
    notes: list[str] = field(default_factory=list)
    curves: dict[tuple[str, str], dict[str, Curve]] = field(default_factory=dict)
    levels: dict[tuple[str, str], dict[str, float]] = field(default_factory=dict)
    _done: int = 0
    _halted: bool = False

    def verdict(self) -> Verdict | None:
        """Train, measure and conclude; None where a person stopped it. Raises TastemapError."""
        refuse_nothing(self.splits)
        started, parts = time.perf_counter(), list[Part]()
        for method in self.splits:
            found = self._judge_split(method)
            if found is None:
                return None
            parts += found
        parts.sort(key=lambda part: part.measure != RMSE)
        return Verdict(
            data=self.ratings.name,
            kind=self.ratings.kind,
            users=self.ratings.user_count,
            items=self.ratings.item_count,
            row_count=len(self.ratings),
            parts=tuple(parts),
            reversals=reversals(parts),
            conclusions=conclude(parts),
            notes=tuple(dict.fromkeys(self.notes)),
            seconds=time.perf_counter() - started,
        )

    def _judge_split(self, method: str) -> list[Part] | None:
        """Standings on one split, and on the new users of a split by time; None where a person stopped."""
        try:
            bench = _Bench.of(self.ratings, method, self.settings)
        except DataError as error:  # a small table may have no such split; the others tell all the same
            self.notes.append(f"no verdict on the split {method}: {error.message}")
            return []
        self.notes += [bench.rule.why, *split_notes(self.ratings, bench.split)]
        bench.measure_baselines()
        seconds: dict[str, float] = {}
        runs: dict[str, str] = {}
        for contender in self.contenders:
            with self._trained(contender, method) as (run, took):
                if self._halted:
                    return None
                bench.measure(contender.name, run.model, rates=contender.objective == "rating")
                seconds[contender.name] = took
                if self.keep:
                    runs[contender.name] = run.id
        self._note_levels(bench)
        return [part for one in bench.judged for part in parts_of(one, _BASELINES, seconds, runs)]

    @contextmanager
    def _trained(self, contender: Contender, method: str) -> Iterator[tuple[Run, float]]:
        """Train a contender; gives its run and the seconds that it took from its start."""
        self._done += 1
        total = len(self.contenders) * len(self.splits)
        told = f"{contender.name} on the split {method} ({self._done} of {total})"
        self.emit(PhaseChanged("judging", told))
        architecture = self.registry.architecture(contender.architecture)
        settings = {**self.settings, "objective": contender.objective, "split": method}
        resolved = resolve(architecture, settings=used_settings(architecture, settings))
        resolved = settle(resolved, self.ratings.has_ratings)
        refuse_several_machines(resolved.settings, "A verdict")
        with self._folder(contender) as folder:
            started = time.perf_counter()
            hear = _Hearing(self, contender.name, method)
            controls = self.next_controls()
            Session(self.ratings, resolved, self.registry, hear, controls, self.answer).start(folder)
            yield Run.open(folder, self.registry), time.perf_counter() - started

    @contextmanager
    def _folder(self, contender: Contender) -> Iterator[Path]:
        if self.keep:
            yield runs_folder() / new_run_id(contender.architecture)
            return
        with tempfile.TemporaryDirectory(prefix="tastemap-verdict-") as folder:
            yield Path(folder) / contender.architecture

    def _note_levels(self, bench: _Bench) -> None:
        """The baselines' figures, to be drawn across the curves."""
        first = bench.judged[0]
        for name, squares in first.squares.items():
            if name == MEANS:
                self.levels.setdefault((first.split, RMSE), {})[name] = float(np.sqrt(squares.mean()))
        for name, ndcg in first.ndcg.items():
            if name in (POPULARITY, RECENT):
                self.levels.setdefault((first.split, NDCG), {})[name] = float(ndcg.mean())


@dataclass
class _Hearing:
    """Passes events of one training on, and keeps its curve."""

    judging: Judging
    name: str
    split: str

    def __call__(self, event: Event) -> None:
        if isinstance(event, EpochFinished) and event.val_figure is not None:
            measure = NDCG if event.ranks else RMSE
            own = self.judging.curves.setdefault((self.split, measure), {})
            own[self.name] = (*own.get(self.name, ()), event.val_figure)
        if isinstance(event, RunStarted):
            event = replace(event, notes=())  # told once, with the verdict
        if isinstance(event, Finished):
            self.judging._halted |= event.reason == "stopped"
            event = event if self.judging.keep else replace(event, path="")  # it will be gone
        self.judging.emit(event)


@dataclass
class _Bench:
    """One split of a table, and what was measured on it: the standard part and, by time, new users."""

    rated: RatedTable
    split: Split
    rule: LikeRule
    judged: list[Judged]
    rows: list[LongArray]
    tasks: list[RankingTask]

    @classmethod
    def of(cls, ratings: Ratings, method: str, settings: dict[str, object]) -> _Bench:
        """Split a table, and say what is relevant: what counts as a like, for everybody alike."""
        split = split_of(ratings, TrainingSettings.parse({**settings, "split": method}))
        wanted = str(settings.get("positive_from", "auto"))
        rule = like_rule(wanted, ratings.ratings[split.train], are_ratings=ratings.has_ratings)
        rated = RatedTable.of_split(ratings, split)
        parts = [(method, split.test)]
        if len(split.new_users):
            parts.append((NEW_USERS, split.new_users))
        rows = [part for _, part in parts]
        judged = [Judged(name, split.hash, ratings.users[part].astype(np.int64)) for name, part in parts]
        return cls(rated, split, rule, judged, rows, [_task(rated, rule, part) for part in rows])

    def measure_baselines(self) -> None:
        """Damped means, popularity, and popularity at the time where there are times."""
        table = self.rated.ratings
        means = fold_means(table, self.split) if table.has_ratings else None
        for judged, rows, task in zip(self.judged, self.rows, self.tasks, strict=True):
            if means is not None:
                predicted = means.predict(table.users[rows], table.items[rows])
                clipped = np.clip(predicted, table.scale.minimum, table.scale.maximum).astype(np.float32)
                judged.add_predictions(MEANS, clipped, table.ratings[rows])
            users = task.sample(_MOST_USERS)
            judged.ranked, judged.likes = len(users), int(task.relevant.sizes[users].sum())
            if not len(users):
                continue
            _add_ranking(judged, POPULARITY, task, task.popularity(users))
            recent = recent_blocks(self.rated, users, rows)
            if recent is not None:
                _add_ranking(judged, RECENT, task, recent)

    def measure(self, name: str, model: Model, rates: bool) -> None:
        """Measure a contender's model on all parts."""
        model = replace(model, read_rated=lambda: self.rated)
        for judged, rows, task in zip(self.judged, self.rows, self.tasks, strict=True):
            if rates:
                judged.add_predictions(name, predict_rows(model, rows), self.rated.ratings.ratings[rows])
            users = task.sample(_MOST_USERS)
            if len(users):
                _add_ranking(judged, name, task, held_out_blocks(model, users))


def _task(rated: RatedTable, rule: LikeRule, rows: LongArray) -> RankingTask:
    """Rank what users of some held-out rows don't have yet; their likes among these rows are sought."""
    table, counts = rated.ratings, (rated.ratings.user_count, rated.ratings.item_count)
    known = rated.in_training | rated.given
    train, liked = np.flatnonzero(rated.in_training), rows[rule.likes(table.ratings[rows])]
    trained = train[rule.likes(table.ratings[train])]
    return RankingTask.of(
        ItemSets.of(table.users[known], table.items[known], counts),
        ItemSets.of(table.users[liked], table.items[liked], counts),
        np.bincount(table.items[trained], minlength=counts[1]).astype(np.int64),
        len(np.unique(table.users[train])),
    )


def _add_ranking(judged: Judged, name: str, task: RankingTask, blocks: Blocks) -> None:
    measured = task.measure(blocks, min(_FIRST, task.relevant.item_count))
    judged.ndcg[name] = measured.ndcg[np.argsort(measured.users, kind="stable")]
