"""The texts of the Runs screen."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content

from core.views.quality import ComparedRuns
from tui.files import SavedRun, differences
from tui.formats import human, in_words, rmse

_MUTED = "$foreground 60%"


def details_text(run: SavedRun) -> Content:
    """A run's id, figures and choices."""
    lines = [Content.from_markup("[b $accent]$name[/]", name=run.title)]
    if run.labels.name:
        lines.append(Content.from_markup(f"[{_MUTED}]$name[/]", name=run.name))
    if run.labels.tags:
        lines.append(
            Content.from_markup("[$secondary]$tags[/]", tags=" ".join(f"#{tag}" for tag in run.labels.tags))
        )
    if run.labels.note:
        lines.append(Content.from_markup("$note", note=run.labels.note))
    if run.problem:
        return Content("\n").join([*lines, Content.from_markup("[$error]$problem[/]", problem=run.problem)])
    known = [epoch.val_figure for epoch in run.epochs if epoch.val_figure is not None]
    extreme, best = (
        ("highest", max(known, default=None)) if run.ranks else ("lowest", min(known, default=None))
    )
    name = "val nDCG@10" if run.ranks else "val RMSE"
    facts = [(name, f"{rmse(run.val_figure)} ({extreme} {rmse(best)})"), ("split", run.split_hash[:12])]
    facts += [("updated from", run.parent)] if run.came else [("from", run.parent)] if run.parent else []
    facts += [("news", run.came)] if run.came else []
    wanted = ("recipe", "epochs", "learning_rate", "schedule", "optimizer", "seed", "factors", "l2")
    facts += [(human(name), str(run.choices[name])) for name in wanted if name in run.choices]
    lines += [_fact(name, value) for name, value in facts]
    if run.leak and run.val_figure is not None:
        lines.append(Content.from_markup(f"[{_MUTED}]$leak[/]", leak=in_words(run.leak)))
    if run.state == "running":
        lines.append(Content.from_markup("[$success]It is being trained: Enter watches it.[/]"))
    if run.state == "interrupted":
        lines.append(Content.from_markup("[$warning]Interrupted: r goes on with it.[/]"))
    return Content("\n").join(lines)


def short_name(run: SavedRun, among: Sequence[SavedRun]) -> str:
    """What tells a run from others: its name, else its architecture, with its id's end for two alike."""
    name = run.labels.name or run.architecture
    alike = [other for other in among if (other.labels.name or other.architecture) == name]
    return f"{name} {run.name[-4:]}" if len(alike) > 1 else name


def comparison_text(runs: Sequence[SavedRun], verdict: str = "") -> Content:
    """Figures of the marked runs, what two of them differ in, and whether they can be compared at all."""
    lines = [_fact(short_name(run, runs), rmse(run.val_figure)) for run in runs]
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
