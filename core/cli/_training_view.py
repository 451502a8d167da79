"""Show a training on the terminal: an epoch table on stdout and a progress bar, or events as JSON lines."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from statistics import fmean
from types import TracebackType
from typing import Any, Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from core.cli._output import figure, note, print_event, say
from core.protocol import (
    BatchProgress,
    EpochFinished,
    Event,
    Finished,
    LearningRateChanged,
    PhaseChanged,
    Refused,
    RunStarted,
    TrialFinished,
    Tuned,
)
from core.readable import readable
from core.views.quality import ADVICE, RANKING_ADVICE, against_baseline

_COLUMNS = (
    f"{'epoch':>9} {'train RMSE':>11} {'val RMSE':>9} {'val MAE':>8} {'learning rate':>14} {'seconds':>8}"
)
_RATE_HEADING = f"{'learning rate':>14} "
_RANKING_COLUMNS = (
    f"{'epoch':>9} {'train loss':>11} {'nDCG@10':>9} {'recall@10':>10} {'coverage':>9} {'learning rate':>14} "
    f"{'seconds':>8}"
)


class JsonView:
    """Prints each event as one line of JSON."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *details: object) -> None:
        """Nothing to put away."""

    def show(self, event: Event) -> None:
        """Print the event now."""
        print_event(event)


class SilentView:
    """Shows nothing."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *details: object) -> None:
        """Nothing to put away."""

    def show(self, event: Event) -> None:
        """Do nothing."""


class TextView:
    """Prints an epoch table, with a progress bar beside it where a person watches."""

    def __init__(self) -> None:
        self._console = Console(stderr=not sys.stdout.isatty(), highlight=False)
        columns = (_plain("{task.description}"), BarColumn(), _plain("{task.fields[speed]}"))
        self._bar = Progress(*columns, TimeRemainingColumn(), console=self._console, transient=True)
        self._task: TaskID | None = None
        self._batches = 1
        self._said: set[str] = set()

    def __enter__(self) -> Self:
        """Start the progress bar, if a person can see it."""
        if self._console.is_terminal:
            self._bar.start()
            self._task = self._bar.add_task("starting", total=None, speed="")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._task is not None:
            self._bar.stop()

    def show(self, event: Event) -> None:
        """Show one event."""
        match event:
            case PhaseChanged():
                self._describe(f"{event.phase} {event.detail}".strip())
            case RunStarted():
                self._batches = event.batches
                self._print(_headline(event))
                self._print_baseline(event)
                self._state_what_was_done(event)
                ranks = event.settings.get("objective") == "ranking"
                columns = _RANKING_COLUMNS if ranks else _COLUMNS
                self._print(
                    columns.replace(_RATE_HEADING, "") if "learning_rate" in event.unused else columns
                )
                self._describe("training", total=event.epochs * event.batches)
            case BatchProgress():
                self._advance(event.epoch - 1, event.batch, event.ratings_per_second)
            case EpochFinished():
                self._print(_row(event))
                self._advance(event.epoch, 0, event.ratings_per_second)
            case LearningRateChanged():
                self._print(f"learning rate {event.learning_rate:g} from epoch {event.epoch} on")
            case Refused():
                note(event.message)
            case TrialFinished():
                self._print(_trial(event))
            case Tuned():
                self._print(_tuned(event))
            case Finished():
                for line in _closing(event):
                    self._print(line)

    def _print_baseline(self, event: RunStarted) -> None:
        for line in (_adaptation(event), _baseline(event)):
            if line:
                self._print(line)

    def _state_what_was_done(self, event: RunStarted) -> None:
        """Each remark once, however many are trained on the table."""
        for message in (*event.notes, *_repairs(event), *_unseen(event), *_apart(event)):
            if message in self._said:
                continue
            self._said.add(message)
            if self._console.is_terminal:
                self._above_the_bar(f"tastemap: {message}")
            else:
                note(message)

    def _print(self, line: str) -> None:
        if sys.stdout.isatty():
            self._above_the_bar(line)
        else:
            say(line)

    def _above_the_bar(self, line: str) -> None:
        self._bar.console.print(readable(line), markup=False, emoji=False, soft_wrap=True)

    def _describe(self, description: str, total: float | None = None) -> None:
        if self._task is not None:
            self._bar.update(self._task, description=readable(description), total=total, completed=0)

    def _advance(self, epochs: int, batches: int, ratings_per_second: float) -> None:
        if self._task is not None:
            speed = f"{ratings_per_second:,.0f} ratings/s"
            self._bar.update(self._task, completed=epochs * self._batches + batches, speed=speed)


def _plain(text: str) -> TextColumn:
    return TextColumn(text, markup=False)


def _headline(event: RunStarted) -> str:
    users, items, ratings = (event.data.get(name) for name in ("users", "items", "ratings"))
    return (
        f"{event.architecture} on {event.data.get('name')}: {users:,} users × {items:,} items, "
        f"{ratings:,} ratings; {event.parameters:,} parameters on {event.device}"
    )


def _adaptation(event: RunStarted) -> str:
    """What was learnt on carved parts, in words; empty where nothing was."""
    learnt = event.adaptation
    if not learnt:
        return ""
    if learnt.get("popularity") is not None:
        return _trust(learnt, event.settings["epochs"])
    share, epochs = learnt["share"], learnt["epochs"]
    found = f"learnt on {learnt['ratings']:,} carved ratings: {epochs} of {event.settings['epochs']} epochs"
    if not share:
        return f"{found}; the model adds nothing to damped means here, so these predict"
    means = "over 99%" if share < 0.01 else f"{1 - share:.0%}"  # never all of it where the model counts
    rest = "" if share == 1 else f", mixed with damped means ({means})"
    return f"{found}, tuning RMSE {learnt['tuning_rmse']:.4f} against {learnt['means_rmse']:.4f}{rest}"


def _trust(learnt: Mapping[str, Any], planned: object) -> str:
    """What was learnt of a ranking on a carved part, in words."""
    pulls = "".join(f", {name} {value:g}" for name, value in learnt.get("options", {}).items())
    found = f"learnt on {learnt['ratings']:,} carved likes: {learnt['epochs']} of {planned} epochs{pulls}"
    popularity = learnt["popularity"]
    if popularity == 1:
        return f"{found}; the model ranks no better than popularity here, so that ranks"
    rest = f", mixed with popularity ({popularity:.0%})" if popularity else ""
    against = f"{learnt['tuning_ndcg']:.4f} against {learnt['popularity_ndcg']:.4f} of popularity"
    return f"{found}, nDCG {against}{rest}"


def _baseline(event: RunStarted) -> str:
    """The figure to beat; empty where nothing is held out."""
    if event.baseline_rmse is None:
        return ""
    return f"to beat: damped means of user and item, val RMSE {event.baseline_rmse:.4f}"


def _repairs(event: RunStarted) -> list[str]:
    """What was done to the table, and what looks wrong in it."""
    said = (*event.data.get("repairs", []), *event.data.get("warnings", []))
    return [str(repair["message"]) for repair in said]


def _unseen(event: RunStarted) -> list[str]:
    """Held-out ratings whose user or item training has never seen are counted, never dropped in silence."""
    unseen = event.split.get("unseen", {})
    if not unseen.get("ratings") or event.split.get("method") == "newcomers":
        return []
    held_out = event.split.get("test_ratings", 0)
    return [
        f"{unseen['ratings']:,} of {held_out:,} held-out ratings are of {unseen['users']:,} users and "
        f"{unseen['items']:,} items that training has never seen; the training means predict them"
    ]


def _apart(event: RunStarted) -> list[str]:
    """Rows that the split judges apart are counted."""
    given, users, items = (event.split.get(name) for name in ("given_ratings", "new_users", "new_items"))
    told = []
    if given and users and users["rows"]:
        told.append(
            f"judged apart: {users['rows']:,} rows of {users['users']:,} users whom training doesn't know, "
            f"folded in from {given:,} rows"
        )
    elif given:
        told.append(f"the held-out users are folded in from {given:,} rows")
    if items and items["rows"]:
        told.append(
            f"judged apart: {items['rows']:,} rows of {items['items']:,} items that training never saw"
        )
    return told


def _row(event: EpochFinished) -> str:
    carved = event.tuning_rmse is not None or event.tuning_ndcg is not None
    best = " *" if event.best and carved else ""
    rate = "" if event.learning_rate is None else f" {event.learning_rate:>14.4g}"
    if event.train_loss is not None:
        return (
            f"{event.epoch:>4}/{event.epochs:<4} {event.train_loss:>11.4f} {figure(event.val_ndcg):>9} "
            f"{figure(event.val_recall):>10} {figure(event.val_coverage):>9}{rate} "
            f"{event.seconds:>8.3f}{best}"
        )
    return (
        f"{event.epoch:>4}/{event.epochs:<4} {figure(event.train_rmse):>11} {figure(event.val_rmse):>9} "
        f"{figure(event.val_mae):>8}{rate} {event.seconds:>8.3f}{best}"
    )


def _trial(event: TrialFinished) -> str:
    choices = "  ".join(f"{name} {value:.4g}" for name, value in event.choices.items() if _is_number(value))
    name = "RMSE" if event.tuning_ndcg is None else "nDCG@10"
    reached = event.tuning_rmse if event.tuning_ndcg is None else event.tuning_ndcg
    return f"trial {event.trial:<3} tuning {name} {figure(reached)} at {event.epochs} epochs  {choices}"


def _tuned(event: Tuned) -> str:
    """What a search brought, on carved parts of training."""
    name, reached, start = "RMSE", event.tuning_rmse, event.start_rmse
    baseline = f"damped means {figure(event.means_rmse)}"
    if event.tuning_ndcg is not None:
        name, reached, start = "nDCG@10", event.tuning_ndcg, event.start_ndcg
        baseline = f"popularity {figure(event.popularity_ndcg)}"
    if reached is None:
        return "the search can't be judged on so few likes: the choices before it stay"
    figures = f"{figure(reached)} against {figure(start)}, {baseline}"
    if event.gained:
        return f"the search gained: tuning {name} {figures}"
    return f"the search gained nothing beyond chance (tuning {name} {figures}): the choices before it stay"


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _closing(event: Finished) -> list[str]:
    if event.objective == "ranking":
        return _ranking_closing(event)
    return [
        f"{event.reason} after {event.epochs} epochs, {event.seconds:.2f} s of training "
        f"({event.ratings_per_second:,.0f} ratings/s)",
        f"val RMSE {figure(event.val_rmse)}  MAE {figure(event.val_mae)}  split {event.split_hash}",
        *against_baseline("damped means", event.baseline_rmse, event, ADVICE),
        *_knowing_when(event),
        *_figures_apart(event),
        *_gain(event),
        *_convergence(event),
        *_nothing_learnt(event, "damped means predict"),
        f"run {event.run}",
    ]


def _ranking_closing(event: Finished) -> list[str]:
    interval = ""
    if event.val_ndcg_interval:
        low, high = event.val_ndcg_interval
        interval = f" (95 %: {low:.4f} to {high:.4f})"
    recalls = f"recall@10 {figure(event.val_recall)}  recall@20 {figure(event.val_recall_20)}"
    rest = f"MAP@10 {figure(event.val_map)}  coverage {figure(event.val_coverage)}  split {event.split_hash}"
    return [
        f"{event.reason} after {event.epochs} epochs, {event.seconds:.2f} s of training "
        f"({event.ratings_per_second:,.0f} likes/s)",
        f"val nDCG@10 {figure(event.val_ndcg)}{interval}",
        f"{recalls}  {rest}",
        *against_baseline("popularity", event.baseline_ndcg, event, RANKING_ADVICE),
        *_figures_apart(event),
        *_nothing_learnt(event, "popularity ranks"),
        f"run {event.run}",
    ]


def _nothing_learnt(event: Finished, instead: str) -> list[str]:
    """What a run does that was stopped before it had learnt anything, and how it goes on."""
    if event.epochs:
        return []
    return [f"no epoch came to its end, so {instead}; `tastemap train --resume {event.run}` goes on"]


def _knowing_when(event: Finished) -> list[str]:
    """What it gains to know when a rating was given."""
    if event.moment_rmse is None or event.val_rmse is None:
        return []
    gain = event.moment_rmse - event.val_rmse
    return [f"knowing when each was rated: RMSE {event.moment_rmse:.4f} ({gain:+.4f}), by moods and seasons"]


def _figures_apart(event: Finished) -> list[str]:
    """What the split judges apart, a line each."""
    return [
        f"apart, {one.name}: RMSE {one.rmse:.4f}  damped means {figure(one.baseline_rmse)}  "
        f"({one.rows:,} rows of {one.users:,} users and {one.items:,} items)"
        if one.rmse is not None
        else f"apart, {one.name}: nDCG@10 {figure(one.ndcg)}  popularity {figure(one.baseline_ndcg)}  "
        f"({one.rows:,} rows of {one.users:,} users and {one.items:,} items)"
        for one in event.apart
    ]


def _convergence(event: Finished) -> list[str]:
    """Whether a sampler's chains agree, where there are several."""
    told = event.convergence
    if not told:
        return []
    return [
        f"{told['chains']:.0f} chains: R-hat {told['r_hat']:.3f}, {told['samples']:.0f} samples worth "
        f"{told['effective_samples']:.0f} independent ones"
    ]


def _gain(event: Finished) -> list[str]:
    """What averaging replicas gained over one of them."""
    if not event.replica_rmse or event.val_rmse is None:
        return []
    alone = fmean(event.replica_rmse)
    return [
        f"{len(event.replica_rmse)} replicas alone {min(event.replica_rmse):.4f} to "
        f"{max(event.replica_rmse):.4f}, mean {alone:.4f}: averaging gains {alone - event.val_rmse:.4f}"
    ]


class ProgressView(TextView):
    """Shows what is being trained as a progress bar alone."""

    def show(self, event: Event) -> None:
        """Move the bar."""
        match event:
            case PhaseChanged("judging", detail):
                self._judged = detail
                self._describe(detail)
            case RunStarted():
                self._batches = event.batches
                self._describe(self._judged, total=event.epochs * event.batches)
            case BatchProgress():
                self._advance(event.epoch - 1, event.batch, event.ratings_per_second)
            case EpochFinished():
                self._advance(event.epoch, 0, event.ratings_per_second)

    _judged = ""


class CountingView(TextView):
    """Shows which of several trainings run, and how many are done."""

    def __init__(self) -> None:
        super().__init__()
        self._expected, self._done = 0, 0

    def expect(self, trainings: int) -> None:
        """Say how many there will be."""
        self._expected = trainings

    def show(self, event: Event) -> None:
        """Move the bar."""
        match event:
            case PhaseChanged():
                self._describe(f"{event.phase} {event.detail}".strip(), total=self._expected or None)
            case Finished():
                self._done += 1
        if self._task is not None:
            self._bar.update(self._task, completed=self._done)
