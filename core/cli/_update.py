"""`tastemap update`: a run brought up to date with news, and beside it a training of all."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from typing import Any

from core.api import update_fully
from core.cli._flags import Values
from core.cli._output import figure, note, print_json, print_lines, say
from core.cli._stopping import stoppable
from core.cli._training_view import SilentView, TextView
from core.contract import Registry
from core.errors import UsageError
from core.protocol import interval_told, to_plain
from core.runs import Outcome, Run, Updated, UpdateRequest, find_run, update
from core.views.quality import ComparedRun, Comparison


@dataclass(frozen=True, kw_only=True)
class UpdateWords:
    """What the command line asked for; `flags` are reading choices of the news."""

    run: str
    news: str
    withdrawn: str
    data: str
    hold_out: float | None
    compare: bool
    full: bool
    flags: Values
    registry: Registry

    @property
    def request(self) -> UpdateRequest:
        """The same for `core.runs`."""
        return UpdateRequest(
            news=self.news or None,
            withdrawn=self.withdrawn or None,
            reading=self.flags["reading"],
            data=self.data or None,
            hold_out=self.hold_out,
        )


def run_update(words: UpdateWords, as_json: bool) -> int:
    """Update a run and say what was done; returns the exit code."""
    if words.compare and words.full:
        raise UsageError("--compare updates and trains; --full trains alone.", hint="Leave one of them out.")
    parent = Run.open(find_run(words.run), words.registry)
    if words.full:
        return _full(words, parent, as_json)
    outcome = update(parent, words.request, lambda phase: note(f"updating: {phase}"))
    if outcome.folder is None:
        return _nothing_new(parent, outcome, as_json)
    child = Run.open(outcome.folder, words.registry)
    account = child.updated
    assert account is not None  # noqa: S101 - that is what an update writes
    if not as_json:
        print_lines(account.lines())
    if outcome.made_before:
        note(f"this update was made before: {child.id}; nothing has changed")
    full, code = (None, 0) if not words.compare else _compared(words, parent, child, account, as_json)
    if as_json:
        print_json(_plain(account, outcome, full))
    return code


def _plain(account: Updated, outcome: Outcome, full: dict[str, Any] | None) -> dict[str, Any]:
    told = {**asdict(account), "advice": account.advice, "path": str(outcome.folder)}
    return {**told, "made_before": outcome.made_before, **({} if full is None else {"full": full})}


def _nothing_new(parent: Run, outcome: Outcome, as_json: bool) -> int:
    merged = outcome.merged
    if as_json:
        print_json(
            {"run": parent.id, "parent": parent.id, "unchanged": merged.unchanged, "nothing_new": True}
        )
        return 0
    say(f"{parent.id}  nothing new: all {merged.unchanged:,} pairs of the news are in it already")
    return 0


def _full(words: UpdateWords, parent: Run, as_json: bool) -> int:
    """Train on everything again, as a run that names its parent too."""
    run, _, code = _trained(words, parent, as_json)
    if as_json:
        print_json({"run": run.id, "parent": parent.id, "path": str(run.folder), "full": True})
    return code


def _trained(words: UpdateWords, parent: Run, as_json: bool) -> tuple[Run, float, int]:
    started = time.perf_counter()
    with stoppable(SilentView() if as_json else TextView()) as stopping:
        run = update_fully(parent, words.request, on_event=stopping.show, controls=stopping.controls)
    return run, time.perf_counter() - started, stopping.exit_code


def _compared(
    words: UpdateWords, parent: Run, child: Run, account: Updated, as_json: bool
) -> tuple[dict[str, Any] | None, int]:
    """Train a full one and tell how far the update lies from it, on everything that is held out."""
    run, seconds, code = _trained(words, parent, as_json)
    if code or child.config.split.get("method") == "none":
        note("nothing is held out, so the two can't be compared; --hold-out 0.2 holds some out")
        return {"run": run.id, "seconds": seconds}, code
    update_run, full = run.ask(Comparison(runs=(str(child.folder),))).runs[1], run
    if not as_json:
        _say_compared(update_run, full, seconds, account)
    return {"run": full.id, "seconds": seconds, "update": to_plain(update_run)}, code


def _say_compared(compared: ComparedRun, full: Run, seconds: float, account: Updated) -> None:
    ranks = full.objective == "ranking"
    away = compared.ranking_difference if ranks else compared.difference
    name, reached, own = (
        ("nDCG@10", full.val_ndcg, compared.ndcg) if ranks else ("RMSE", full.val_rmse, compared.rmse)
    )
    say(f"full training {full.id}: val {name} {figure(reached)} in {seconds:.1f} s")
    if away is None:
        note(compared.not_comparable)
        return
    interval = f"{away.value:+.4f} ({interval_told(away.low, away.high)})"
    say(f"the update: val {name} {figure(own)} in {account.seconds:.1f} s: {interval}, {away.verdict}")
    if away.verdict == "worse":
        note(f"a training of all is better beyond chance: use {full.id}, or --full next time")
