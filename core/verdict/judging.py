"""Train every contender on every split, side by side in this process, and measure all alike."""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np

from core.contract import Registry, Resolved, refuse_several_machines, resolve, settle, used_settings
from core.data import Ratings, split_notes
from core.errors import DataError, TastemapError
from core.files import runs_folder
from core.protocol import Command, EpochFinished, Event, Finished, PhaseChanged, RunStarted
from core.runs import Run, new_run_id
from core.training import Controls, Session, ignore
from core.verdict._bench import Bench, Measured
from core.verdict._side_by_side import side_by_side, trainings_at_once
from core.verdict.answer import NDCG, RMSE, Part, Verdict
from core.verdict.conclusions import conclude, reversals
from core.verdict.contenders import MEANS, POPULARITY, RECENT, Contender, refuse_nothing
from core.verdict.standings import parts_of

_BASELINES = {RMSE: MEANS, NDCG: POPULARITY}
Curve = tuple[float | None, ...]


class _Outcome(NamedTuple):
    """What a training came to: its figures on each part, seconds and run; or why there are none."""

    measured: list[Measured] | None
    seconds: float = 0.0
    run: str = ""
    failure: TastemapError | None = None


@dataclass
class Judging:
    """Judges contenders on splits of a table; `settings` are laid over every contender's recipe.

    `emit` receives what is being trained, when each begins and what it ended with, never two at a time. A
    stop in `controls` ends it all; `answer` gets commands that don't steer. Runs are kept among all runs
    where `keep` says so, else they are gone with the verdict. With `draws`, `curves` are filled on the way:
    held-out figures by epoch, by split, measure and contender; `levels` are those of the baselines.
    """

    ratings: Ratings
    contenders: Sequence[Contender]
    splits: Sequence[str]
    registry: Registry
    emit: Callable[[Event], None]
    settings: dict[str, object] = field(default_factory=dict)
    controls: Controls = field(default_factory=Controls)
    answer: Callable[[Command], None] = ignore
    keep: bool = False
    draws: bool = False
    notes: list[str] = field(default_factory=list)
    curves: dict[tuple[str, str], dict[str, Curve]] = field(default_factory=dict)
    levels: dict[tuple[str, str], dict[str, float]] = field(default_factory=dict)
    _begun: int = 0
    _expected: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def verdict(self) -> Verdict | None:
        """Train, measure and conclude; None where a person stopped it. Raises TastemapError."""
        refuse_nothing(self.splits)
        started = time.perf_counter()
        choices = [self._choices(contender) for contender in self.contenders]
        benches = list(self._benches())
        jobs = [
            partial(self._judge, bench, contender, resolved)
            for bench in benches
            for contender, resolved in zip(self.contenders, choices, strict=True)
        ]
        self._expected, at_once = len(jobs), trainings_at_once(len(self.ratings))
        outcomes = side_by_side(jobs, at_once, self.controls, self.answer)
        if outcomes is None:
            return None
        parts = self._parts(benches, outcomes)
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

    def _choices(self, contender: Contender) -> Resolved:
        architecture = self.registry.architecture(contender.architecture)
        settings = {**self.settings, "objective": contender.objective}
        resolved = resolve(architecture, settings=used_settings(architecture, settings))
        refuse_several_machines(resolved.settings, "A verdict")
        return settle(resolved, self.ratings.has_ratings, len(self.ratings))

    def _benches(self) -> Iterator[Bench]:
        """The splits with the baselines measured; a small table may lack one, and the others tell all the
        same. Raises DataError where it lacks all."""
        lacking: list[str] = []
        for method in self.splits:
            try:
                bench = Bench.of(self.ratings, method, self.settings)
            except DataError as error:
                lacking.append(f"no verdict on the split {method}: {error.message}")
                continue
            self.notes += [bench.rule.why, *split_notes(self.ratings, bench.split)]
            bench.measure_baselines()
            self._note_levels(bench)
            yield bench
        self.notes += lacking
        if len(lacking) == len(self.splits):
            hint = "A verdict takes some users with several rows each."
            raise DataError("; ".join(lacking), path=self.ratings.source, hint=hint)

    def _judge(self, bench: Bench, contender: Contender, resolved: Resolved, controls: Controls) -> _Outcome:
        """Train a contender on a split and measure it; what this one can't do is told, and ends no other."""
        method, rates = bench.split.method, contender.objective == "rating"
        since = resolved.settings.since if method == "time" else ""
        settings = replace(resolved.settings, split=method, since=since)
        with self._lock:
            self._begun += 1
            told = f"{contender.name} on the split {method} ({self._begun} of {self._expected})"
            self.emit(PhaseChanged("judging", told))
        hear, started = _Hearing(self, contender.name, method), time.perf_counter()
        try:
            with self._folder(contender) as folder:
                session = Session(self.ratings, replace(resolved, settings=settings), self.registry, hear)
                session.controls, session.figures_by_epoch = controls, self.draws or self.keep
                session.resumable = self.keep
                session.start(folder)
                seconds = time.perf_counter() - started
                if hear.stopped:
                    return _Outcome(None)
                run = Run.open(folder, self.registry)
                return _Outcome(bench.measured(run.model, rates), seconds, run.id)
        except TastemapError as error:
            return _Outcome(None, failure=error)

    @contextmanager
    def _folder(self, contender: Contender) -> Iterator[Path]:
        if self.keep:
            yield runs_folder() / new_run_id(contender.architecture)
            return
        with tempfile.TemporaryDirectory(prefix="tastemap-verdict-") as folder:
            yield Path(folder) / contender.architecture

    def _parts(self, benches: Sequence[Bench], outcomes: Sequence[_Outcome]) -> list[Part]:
        """Standings on all parts, RMSE first; raises the first failure where nobody could be trained."""
        failures = [outcome.failure for outcome in outcomes if outcome.failure is not None]
        if len(failures) == len(outcomes):
            raise failures[0]
        parts: list[Part] = []
        width = len(self.contenders)
        for place, bench in enumerate(benches):
            own = list(zip(self.contenders, outcomes[place * width : (place + 1) * width], strict=True))
            for contender, outcome in own:
                if outcome.measured is not None:
                    bench.add(contender.name, outcome.measured)
                elif outcome.failure is not None:
                    told = f"{contender.name} isn't judged on the split {bench.split.method}"
                    self.notes.append(f"{told}: {outcome.failure.message}")
            seconds = {contender.name: outcome.seconds for contender, outcome in own}
            runs = {contender.name: outcome.run for contender, outcome in own if self.keep}
            parts += [part for one in bench.judged for part in parts_of(one, _BASELINES, seconds, runs)]
        return sorted(parts, key=lambda part: part.measure != RMSE)

    def _note_levels(self, bench: Bench) -> None:
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
    """Passes the beginning and the end of one training on, and keeps its curve."""

    judging: Judging
    name: str
    split: str
    stopped: bool = False

    def __call__(self, event: Event) -> None:
        with self.judging._lock:
            match event:
                case EpochFinished() if event.val_figure is not None:
                    measure = NDCG if event.ranks else RMSE
                    own = self.judging.curves.setdefault((self.split, measure), {})
                    own[self.name] = (*own.get(self.name, ()), event.val_figure)
                case RunStarted():
                    self.judging.emit(replace(event, notes=()))  # told once, with the verdict
                case Finished():
                    self.stopped = event.reason == "stopped"
                    kept = self.judging.keep
                    self.judging.emit(event if kept else replace(event, path=""))  # it will be gone
