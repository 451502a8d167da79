"""How good a saved run is, on top of the list of runs: its errors by slices, and its ranking."""

from __future__ import annotations

from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from core.engine.client import QueryError
from tui.runs.quality_texts import errors_text, ranking_text
from tui.runs.saved import SavedRun
from tui.shell.engine import Engine
from tui.shell.messages import Answered, NotAnswered

WORST, TOP = 10, 10
MEASURING = "Predicting the held-out ratings …"
NEEDED = "Quality is measured on the held-out part of the table that the run was trained on."
RANKING = "Ranking all items for every user …\n"


class QualityScreen(ModalScreen[None]):
    """Ranking first, since it is short; then the errors, to scroll through."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q,i,enter", "dismiss", "Close")]

    def __init__(self, engine: Engine, run: SavedRun, ascii_only: bool) -> None:
        super().__init__()
        self._engine, self._run, self._ascii = engine, run, ascii_only

    def compose(self) -> ComposeResult:
        """Two texts, scrollable together."""
        with VerticalScroll(classes="dialog -large", id="quality") as dialog:
            dialog.border_title = "Quality"
            dialog.border_subtitle = "↑ ↓ scroll, Escape closes"
            yield Static(f"{self._run.name}  ({self._run.label})\n", markup=False, classes="heading")
            yield Static("", id="quality-ranking", markup=False)
            yield Static(MEASURING, id="quality-errors", markup=False)

    def on_mount(self) -> None:
        """Ask, and let the arrow keys scroll."""
        self.query_one("#quality").focus()
        self.run_worker(self._measure(), name="quality", group="quality", exclusive=True)

    async def _measure(self) -> None:
        """Ask one after another, since all fail alike where the ratings table can't be read."""
        run = str(self._run.folder)
        view = "diagnosis"
        try:
            errors = await self._engine.ask(view, run, worst=WORST)
            self.post_message(Answered(view, {}, errors))
            view = "ranking"
            ranking = [await self._engine.ask(view, run, k=TOP, popularity=each) for each in (False, True)]
        except QueryError as error:
            self.post_message(NotAnswered(view, error.message, error.hint))
        else:
            self.post_message(Answered(view, {}, ranking))

    @on(Answered)
    def answered(self, message: Answered) -> None:
        """Show what has been measured; the ranking takes longest on large tables."""
        result: Any = message.result
        if message.view == "diagnosis":
            self._put("errors", errors_text(result, self._ascii))
            self._put("ranking", RANKING)
        else:
            self._put("ranking", ranking_text(*result))

    @on(NotAnswered)
    def not_answered(self, message: NotAnswered) -> None:
        """Say in plain words what can't be measured, and why."""
        what = "errors" if message.view == "diagnosis" else "ranking"
        lines = (f"The {what} can't be measured: {message.message}", message.hint, NEEDED)
        self._put(what, "\n".join(filter(None, lines)))

    def _put(self, place: str, content: Any) -> None:
        self.query_one(f"#quality-{place}", Static).update(content)
