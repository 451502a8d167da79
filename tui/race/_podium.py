"""The standing of a race in words: lanes, the distance to the leader, and at the end the podium."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from textual.content import Content

from core.protocol import interval_told
from core.views.quality import ComparedRun, ComparedRuns
from tui.charts import share_bar
from tui.formats import rmse, seconds
from tui.shell import Lane, Stage

_MEDALS, _ASCII_MEDALS = ("▲1", "▲2", "▲3"), ("1.", "2.", "3.")
_BAR = 10


def standing(
    lanes: Sequence[Lane], ranked: Sequence[Lane], colours: Sequence[str], ascii_only: bool
) -> Content:
    """A line a lane, the best first: how far it is, its figure, and how far behind the leader."""
    numbers = {id(lane): number for number, lane in enumerate(lanes)}
    rest = [lane for lane in lanes if lane not in ranked]
    leader = ranked[0].figure if ranked else None
    lines = [
        _line(lane, place, leader, colours[numbers[id(lane)] % len(colours)], ascii_only)
        for place, lane in enumerate([*ranked, *rest])
    ]
    return Content("\n").join(lines)


def _line(lane: Lane, place: int, leader: float | None, colour: str, ascii_only: bool) -> Content:
    training, figure = lane.training, lane.figure
    bar = share_bar(training.fraction, _BAR, ascii_only)
    words = {
        Stage.IDLE: "waits",
        Stage.PREPARING: "prepares",
        Stage.FAILED: training.failure.message if training.failure else "failed",
    }.get(training.stage, "")
    if training.epochs:
        spent = sum(epoch.seconds for epoch in training.epochs)
        behind = "" if place == 0 or figure is None or leader is None else f"  {figure - leader:+.4f}"
        words = (
            f"{rmse(figure)}{behind}  {training.epochs[-1].epoch}/{training.planned_epochs}  {seconds(spent)}"
        )
    markup = f"[{colour}]$bar[/] [b]$name[/] $words"
    return Content.from_markup(markup, bar=bar, name=f"{lane.name:<6}", words=words)


def podium(ranked: Sequence[Lane], compared: ComparedRuns | None, trouble: str, ascii_only: bool) -> Content:
    """Who has won, and how sure that is: each other one's distance from the winner with its interval."""
    finished = [lane for lane in ranked if lane.training.finished]
    if not finished:
        return Content.from_markup("[$warning]Nobody has finished.[/]")
    winner, medals = finished[0], _ASCII_MEDALS if ascii_only else _MEDALS
    figure = "nDCG@10" if winner.training.ranks else "RMSE"
    lines = [
        Content.from_markup(
            "[b $success]$medal $name wins[/]  $figure [b]$value[/]",
            medal=medals[0],
            name=winner.name,
            figure=figure,
            value=rmse(winner.figure),
        )
    ]
    judged = _by_run(compared)
    for place, lane in enumerate(finished[1:], 1):
        medal = medals[place] if place < len(medals) else f"{place + 1}."
        lines.append(
            _behind(lane, medal, judged.get(lane.training.finished.run if lane.training.finished else ""))
        )
    if trouble:
        lines.append(Content.from_markup("[$foreground 60%]No intervals: $why[/]", why=trouble))
    elif compared is None and len(finished) > 1:
        lines.append(Content.from_markup("[$foreground 60%]How sure is that? Comparing …[/]"))
    if winner.training.leak:
        lines.append(Content.from_markup("[$foreground 60%]$leak[/]", leak=winner.training.leak))
    lines.append(
        Content.from_markup("[$foreground 60%]Lookup, Factors and Map show the winner: o opens it.[/]")
    )
    return Content("\n").join(lines)


def _by_run(compared: ComparedRuns | None) -> Mapping[str, ComparedRun]:
    return {one.run: one for one in compared.runs} if compared else {}


def _behind(lane: Lane, medal: str, judged: ComparedRun | None) -> Content:
    words = rmse(lane.figure)
    if judged is not None:
        distance = _distance(judged)
        if distance:
            words += f"  {distance}, {_clear(judged.verdict)}"
        elif judged.not_comparable:
            words += f"  {judged.not_comparable}"
    return Content.from_markup("$medal [b]$name[/]  $words", medal=medal, name=lane.name, words=words)


def _distance(judged: ComparedRun) -> str:
    """How far a run lies from the first, with its interval below: by RMSE where both predict ratings."""
    if judged.difference is not None:
        value, low, high = judged.difference.rmse, judged.difference.low, judged.difference.high
    elif judged.ranking_difference is not None:
        away = judged.ranking_difference
        value, low, high = away.ndcg, away.low, away.high
    else:
        return ""
    return f"{value:+.4f}\n   {interval_told(low, high)}"


def _clear(verdict: str) -> str:
    """Against the winner a run is worse, or it isn't clear that it is."""
    return "clearly behind" if verdict == "worse" else "no clear difference"
