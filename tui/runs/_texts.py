"""The texts of the Runs screen."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from rich.text import Text
from textual.content import Content

from core.views.quality import ComparedRuns
from tui.files import SavedRun, differences
from tui.formats import fit, human, rmse

HEADINGS = ("", "architecture", "data", "val", "epochs", "date")
_MUTED = "$foreground 60%"


def run_cells(run: SavedRun, marked: bool) -> list[Text]:
    """A run's line in the table."""
    return [
        Text("*" if marked else " ", style="bold"),
        Text(run.architecture),
        Text(fit(run.data, 19)),
        Text(f"{'nDCG ' if run.ranks else ''}{rmse(run.val_figure)}", justify="right"),
        Text(str(len(run.epochs)), justify="right"),
        Text(_local_time(run.created) if run.state == "finished" else run.state),
    ]


def _local_time(created: str) -> str:
    """`Mar 09 14:05` in the terminal's time zone; text that is no time stays as it is."""
    try:
        return f"{datetime.fromisoformat(created).astimezone():%b %d %H:%M}"
    except ValueError:
        return created


def details_text(run: SavedRun) -> Content:
    """A run's id, figures and choices."""
    lines = [Content.from_markup("[b $accent]$name[/]", name=run.name)]
    if run.problem:
        return Content("\n").join([*lines, Content.from_markup("[$error]$problem[/]", problem=run.problem)])
    known = [epoch.val_figure for epoch in run.epochs if epoch.val_figure is not None]
    extreme, best = (
        ("highest", max(known, default=None)) if run.ranks else ("lowest", min(known, default=None))
    )
    name = "val nDCG@10" if run.ranks else "val RMSE"
    facts = [(name, f"{rmse(run.val_figure)} ({extreme} {rmse(best)})"), ("split", run.split_hash[:12])]
    wanted = ("recipe", "epochs", "learning_rate", "schedule", "optimizer", "seed", "factors", "l2")
    facts += [(human(name), str(run.choices[name])) for name in wanted if name in run.choices]
    lines += [_fact(name, value) for name, value in facts]
    if run.state == "interrupted":
        lines.append(Content.from_markup("[$warning]Interrupted: r goes on with it.[/]"))
    return Content("\n").join(lines)


def comparison_text(runs: Sequence[SavedRun], verdict: str = "") -> Content:
    """Figures of the marked runs, what two of them differ in, and whether they can be compared at all."""
    lines = [_fact(f"{run.architecture} {run.name[-4:]}", rmse(run.val_figure)) for run in runs]
    if len({run.split_hash for run in runs}) > 1:
        lines.append(
            Content.from_markup("[$warning]Not comparable: they were held out on different splits.[/]")
        )
    elif verdict:
        lines.append(Content.from_markup("$verdict", verdict=verdict))
    if len(runs) == 2:
        lines += [_fact(human(name), f"{one} | {other}") for name, one, other in differences(*runs)]
    return Content("\n").join(lines)


def verdict_text(compared: ComparedRuns) -> str:
    """The second run against the first: the interval of their difference, or why there is none."""
    first, other = compared.runs
    reason, away = other.not_comparable or first.not_comparable, other.difference
    ranked = other.ranking_difference
    if not reason and away is None and ranked is not None:
        interval = f"{ranked.low:+.4f} to {ranked.high:+.4f}"
        return f"{other.architecture} {other.verdict}: nDCG {ranked.ndcg:+.4f}\n95% interval {interval}"
    if reason or away is None:
        return f"No interval: {reason}"
    interval = f"{away.low:+.4f} to {away.high:+.4f}"
    return f"{other.architecture} {other.verdict}: {away.rmse:+.4f}\n95% interval {interval}"


def _fact(name: str, value: str) -> Content:
    return Content.from_markup(f"[{_MUTED}]$name[/] $value", name=f"{name:<14}", value=value)
