"""The line at the top of every screen: where one is, where one can go, and what the engine does."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Static

from tui.formats import rmse
from tui.shell.modes import TABS
from tui.shell.training import Stage, TrainingState
from tui.shell.workbench import Workbench

_ROOMY = 76


class TopBar(Horizontal):
    """Tabs to the left, the state of things to the right."""

    DEFAULT_CSS = """
    TopBar { height: 1; background: $panel; }
    TopBar > Static { link-style: none; link-background-hover: $panel-lighten-2; }
    TopBar > #tabs { width: auto; }
    TopBar > #status {
        width: 1fr; text-align: right; padding: 0 1; text-wrap: nowrap; text-overflow: ellipsis;
    }
    """

    def __init__(self, current: str) -> None:
        super().__init__()
        self._current = current

    def compose(self) -> ComposeResult:
        """Two lines of text side by side."""
        yield Static(self._tabs(), id="tabs")
        yield Static("", id="status")

    def on_resize(self) -> None:
        """Name the keys as there is room."""
        self.query_one("#tabs", Static).update(self._tabs())

    def show(self, bench: Workbench) -> None:
        """Say what is trained or looked at."""
        self.query_one("#status", Static).update(_status_line(bench), layout=False)

    def _tabs(self) -> Content:
        names = []
        # Where digits rate, only the function keys switch screens; a tiny terminal has no room to say so.
        prefix = "F" if self._current == "fold_in" and self.app.size.width >= _ROOMY else ""
        for mode, key, name in TABS:
            look = "b $background on $primary" if mode == self._current else "$foreground 75%"
            names.append(f"[{look}][@click=app.show('{mode}')] {prefix}{key} {name} [/][/]")
        return Content.from_markup("".join(names))


def _status_line(bench: Workbench) -> Content:
    """The training in a few words, or the model that is looked at."""
    training = bench.training
    if training.active:
        return Content.from_markup("[$accent]●[/] $words", words=_training_words(training))
    if bench.preparing:
        return Content.from_markup("[$foreground 60%]engine: $words …[/]", words=bench.preparing)
    if bench.subject:
        return Content.from_markup("[$foreground 60%]model[/] $label", label=bench.subject.label)
    return Content.from_markup("[$foreground 60%]no model yet[/]")


def _training_words(training: TrainingState) -> str:
    """`bias · epoch 12/20 · val 0.8741`."""
    if training.stage is Stage.PREPARING or training.started is None:
        return training.phase or "preparing"
    done = training.epochs[-1] if training.epochs else None
    words = [training.started.architecture, f"epoch {done.epoch if done else 0}/{training.planned_epochs}"]
    if done:
        words.append(f"val {rmse(done.val_figure)}")
    if training.stage is Stage.PAUSED:
        words.append("paused")
    return " · ".join(words)
