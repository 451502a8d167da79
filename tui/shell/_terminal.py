"""What the terminal itself shows of a training: progress in its title, a bell and a note at the end."""

from __future__ import annotations

from textual.app import App

from core.protocol import Event, Failed, Finished
from core.readable import readable
from tui.formats import rmse, seconds
from tui.shell.training import Stage, TrainingState

LONG_SECONDS = 20.0
"""Nobody has gone away during a shorter training."""
_TITLE, _NOTE, _KEEP_TITLE, _OLD_TITLE = "\x1b]2;{}\x07", "\x1b]9;{}\x07", "\x1b[22;2t", "\x1b[23;2t"


class Terminal:
    """Speaks to the terminal around an app; says nothing where there is none."""

    def __init__(self, app: App[int]) -> None:
        self._app = app
        self._title = ""

    def told(self, event: Event, training: TrainingState) -> None:
        """Tell how far a training is, and that a long one has ended."""
        self._show_title(title_of(training))
        long = sum(epoch.seconds for epoch in training.epochs) >= LONG_SECONDS
        if long and (isinstance(event, Finished) or (isinstance(event, Failed) and event.request is None)):
            self._app.bell()
            self._write(_NOTE.format(readable(end_of(training))))

    def leave(self) -> None:
        """Give the terminal its title back."""
        if self._title:
            self._write(_OLD_TITLE)

    def _show_title(self, title: str) -> None:
        if title == self._title or not (title or self._title):
            return
        if not self._title:
            self._write(_KEEP_TITLE)
        self._title = title
        self._write(_TITLE.format(readable(title) or "Tastemap"))

    def _write(self, words: str) -> None:
        driver = self._app._driver  # Textual has no way of its own to set a title
        if driver is not None and not (self._app.is_headless or self._app.is_web):
            driver.write(words)


def title_of(training: TrainingState) -> str:
    """`37% · val 0.8520 · 2:10 left · Tastemap`; "" while nothing trains."""
    if not training.active:
        return "" if not training.finished else f"done · val {rmse(training.finished.val_figure)} · Tastemap"
    words = [f"{training.fraction:.0%}"]
    if training.epochs:
        words.append(f"val {rmse(training.epochs[-1].val_figure)}")
    if training.stage is Stage.PAUSED:
        words.append("paused")
    elif training.seconds_left is not None:
        words.append(f"{seconds(training.seconds_left)} left")
    return " · ".join([*words, "Tastemap"])


def end_of(training: TrainingState) -> str:
    """How a training ended, in a line for the desktop."""
    if training.finished:
        name = training.started.architecture if training.started else training.finished.run
        return f"Tastemap: {name} is trained, val {rmse(training.finished.val_figure)}"
    return f"Tastemap: the training failed: {training.failure.message if training.failure else ''}"
