"""Why something is recommended to a folded-in user, on top of their screen."""

from __future__ import annotations

from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from core.engine.client import QueryError
from tui.fold_in.texts import why_text
from tui.shell.messages import Answered, NotAnswered
from tui.shell.screen import ASKING
from tui.shell.workbench import Workbench


class FoldInWhyScreen(ModalScreen[None]):
    """The ratings that push a prediction."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q,w,enter", "dismiss", "Close")]

    def __init__(self, bench: Workbench, ratings: dict[str, float], item: Any, ascii_only: bool) -> None:
        super().__init__()
        self._bench, self._ratings, self._item, self._ascii = bench, ratings, item, ascii_only

    def compose(self) -> ComposeResult:
        """The text, scrollable."""
        with VerticalScroll(classes="dialog -large", id="fold-in-why") as dialog:
            dialog.border_title = "Why this one"
            dialog.border_subtitle = "Escape closes"
            yield Static(ASKING, id="fold-in-why-text")

    def on_mount(self) -> None:
        """Ask, and let the arrow keys scroll."""
        self.query_one("#fold-in-why").focus()
        self.run_worker(self._ask(), name="why", group="why", exclusive=True)

    async def _ask(self) -> None:
        question: dict[str, Any] = {"ratings": self._ratings, "item": self._item, "count": 12}
        try:
            why = await self._bench.ask("fold_in_why", **question)
        except QueryError as error:
            self.post_message(NotAnswered("fold_in_why", error.message, error.hint))
        else:
            self.post_message(Answered("fold_in_why", question, why))

    @on(Answered)
    def answered(self, message: Answered) -> None:
        """Show the ratings' influences."""
        variables, width = self.app.theme_variables, max(40, self.query_one("#fold-in-why").size.width - 6)
        text = why_text(message.result, width, (variables["success"], variables["error"]), self._ascii)
        self.query_one("#fold-in-why-text", Static).update(text)

    @on(NotAnswered)
    def not_answered(self, message: NotAnswered) -> None:
        """Say why there is no why."""
        self.query_one("#fold-in-why-text", Static).update(f"{message.message}\n{message.hint}")
