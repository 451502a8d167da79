"""The columns of the table of runs: what each shows, how it sorts, and from which width it is there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rich.cells import cell_len
from rich.text import Text
from textual import events
from textual.message import Message
from textual.widgets import DataTable

from tui.files import SavedRun
from tui.formats import fit, rate, rmse, seconds

_GAP = 2
"""What the table puts around a cell."""


@dataclass(frozen=True)
class Column:
    """A column of runs: `rank` decides which ones stay where there is little room, the lowest first.

    `width` is the least that it takes, `most` what it gets by need. One that is `asked_for` is there only
    where somebody chose it.
    """

    name: str
    width: int
    text: Callable[[SavedRun], str]
    key: Callable[[SavedRun], Any]
    rank: int
    right: bool = False
    most: int = 14
    asked_for: bool = False


class RunTable(DataTable[Any]):
    """The table; tells when there is another width to fill."""

    class Widened(Message):
        """The table has another width."""

    _width = 0

    def on_resize(self, event: events.Resize) -> None:
        """Tell of another width: classes that follow the screen's size change it after the screen's own."""
        if event.size.width != self._width:
            self._width = event.size.width
            self.post_message(self.Widened())


def _date(run: SavedRun) -> str:
    """`Mar 09 14:05` in the terminal's time zone; the state of one that isn't finished."""
    if run.state != "finished":
        return run.state
    try:
        return f"{datetime.fromisoformat(run.created).astimezone():%b %d %H:%M}"
    except ValueError:
        return run.created


def _figure(run: SavedRun) -> str:
    return f"{'nDCG ' if run.ranks else ''}{rmse(run.val_figure)}"


def _number(run: SavedRun, name: str) -> float:
    try:
        return float(run.choices[name])
    except (KeyError, TypeError, ValueError):
        return -1.0


def _objective(run: SavedRun) -> str:
    return "ranking" if run.ranks else "rating"


def _by_figure(run: SavedRun) -> tuple[bool, float]:
    value = run.val_figure
    if value is None:
        return run.ranks, float("inf")
    return run.ranks, -value if run.ranks else value


def _choice(name: str, rank: int, heading: str = "") -> Column:
    """A column for one of a run's choices."""

    def text(run: SavedRun) -> str:
        return str(run.choices.get(name, ""))

    def key(run: SavedRun) -> tuple[float, str]:
        return _number(run, name), text(run)

    return Column(heading or name, 6, text, key, rank, right=True, asked_for=True)


COLUMNS = (
    Column(
        "name",
        10,
        lambda run: run.labels.name,
        lambda run: (not run.labels.name, run.labels.name),
        7,
        most=30,
    ),
    Column(
        "arch", 6, lambda run: f"{run.branch}{run.architecture}", lambda run: run.architecture, 1, most=18
    ),
    Column("data", 12, lambda run: run.data, lambda run: run.data, 2, most=30),
    Column("val", 6, _figure, _by_figure, 0, right=True),
    Column("epochs", 6, lambda run: str(len(run.epochs)), lambda run: len(run.epochs), 4, right=True),
    Column(
        "factors",
        7,
        lambda run: str(run.choices.get("factors", "")),
        lambda run: _number(run, "factors"),
        8,
        right=True,
    ),
    Column(
        "rate",
        7,
        lambda run: rate(_number(run, "learning_rate")) if "learning_rate" in run.choices else "",
        lambda run: _number(run, "learning_rate"),
        9,
        right=True,
    ),
    Column("time", 7, lambda run: seconds(run.seconds), lambda run: run.seconds, 6, right=True),
    Column(
        "tags",
        8,
        lambda run: " ".join(run.labels.tags),
        lambda run: (not run.labels.tags, run.labels.tags),
        10,
        most=30,
    ),
    _choice("l2", 11),
    _choice("seed", 12),
    _choice("batch_size", 13, "batch"),
    _choice("optimizer", 14),
    _choice("recipe", 15),
    Column("objective", 9, _objective, _objective, 16, asked_for=True),
    Column("split", 6, lambda run: run.split_hash[:8], lambda run: run.split_hash, 17, asked_for=True),
    Column("note", 8, lambda run: run.labels.note, lambda run: run.labels.note, 18, most=40, asked_for=True),
    Column("id", 12, lambda run: run.name, lambda run: run.name, 19, most=40, asked_for=True),
    Column("date", 12, _date, lambda run: run.created, 3),
)


def fitting(runs: Sequence[SavedRun], width: int, chosen: Sequence[str] = ()) -> list[tuple[Column, int]]:
    """The columns that there is room for, each as wide as it needs to be; where some are `chosen`, all those.

    A column that would be empty for all runs isn't shown unless it was chosen. What is too wide scrolls.
    """
    wanted = [one for one in COLUMNS if one.name in chosen] or [
        one for one in COLUMNS if not one.asked_for and any(map(one.text, runs))
    ]
    room, widths = width - 1 - _GAP, dict[str, int]()
    for one in sorted(wanted, key=lambda one: one.rank):
        needed = max([len(one.name) + 1, *(cell_len(one.text(run)) for run in runs)])
        taken = min(max(one.width, min(needed, one.most)), room - _GAP)
        if taken < one.width and not chosen:
            break
        taken = max(taken, one.width)
        widths[one.name] = taken
        room -= taken + _GAP
    return [(one, widths[one.name]) for one in COLUMNS if one.name in widths]


def run_cells(run: SavedRun, marked: bool, columns: Sequence[tuple[Column, int]]) -> list[Text]:
    """A run's line in the table."""
    mark = Text("*" if marked else " ", style="bold")
    return [
        mark,
        *(
            Text(fit(one.text(run), width), justify="right" if one.right else "left", no_wrap=True)
            for one, width in columns
        ),
    ]


def headings(columns: Sequence[tuple[Column, int]], sorted_by: str, downward: bool) -> list[Text]:
    """The names of the columns, an arrow at the one that sorts."""
    arrow = {True: "↓", False: "↑"}[downward]
    return [
        Text(""),
        *(
            Text(
                fit(f"{one.name}{arrow if one.name == sorted_by else ''}", width + 1),
                justify="right" if one.right else "left",
            )
            for one, width in columns
        ),
    ]
