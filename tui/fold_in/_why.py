"""Why something is recommended to a folded-in user, on top of their screen."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.widgets import Static

from core.engine import QueryError
from core.options import Identifier
from core.views import FoldInReasons, FoldInWhy
from tui.charts import BarStyle, signed_bars
from tui.dialogs import Dialog
from tui.fold_in._state import Question
from tui.fold_in._texts import given_words
from tui.formats import short_title
from tui.shell import ASKING, Answered, NotAnswered, Workbench


class FoldInWhyScreen(Dialog[None]):
    """The ratings that influence a prediction."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q,w,enter", "dismiss", "Close")]

    def __init__(self, bench: Workbench, given: Question, item: Identifier, ascii_only: bool) -> None:
        super().__init__()
        self._bench, self._ascii = bench, ascii_only
        self._question = FoldInWhy(**given, item=item, count=12)

    def compose(self) -> ComposeResult:
        """The text, scrollable."""
        with VerticalScroll(classes="dialog -large", id="fold-in-why") as dialog:
            dialog.border_title = "Why this one"
            dialog.border_subtitle = "Escape closes"
            yield Static(ASKING, id="fold-in-why-text", markup=False)

    def on_mount(self) -> None:
        """Ask, and let the arrow keys scroll."""
        self.query_one("#fold-in-why").focus()
        self.run_worker(self._ask(), name="why", group="why", exclusive=True)

    async def _ask(self) -> None:
        try:
            reasons = await self._bench.ask(self._question)
        except QueryError as error:
            self.post_message(NotAnswered(self._question, error.message, error.hint))
        else:
            self.post_message(Answered(self._question, reasons))

    @on(Answered)
    def answered(self, message: Answered) -> None:
        """Show the ratings' influences."""
        if not isinstance(message.answer, FoldInReasons):
            return
        variables, width = self.app.theme_variables, max(40, self.query_one("#fold-in-why").size.width - 6)
        text = _why_text(message.answer, width, (variables["success"], variables["error"]), self._ascii)
        self.query_one("#fold-in-why-text", Static).update(text)

    @on(NotAnswered)
    def not_answered(self, message: NotAnswered) -> None:
        """Say why there is no why."""
        self.query_one("#fold-in-why-text", Static).update(f"{message.message}\n{message.hint}")


def _why_text(why: FoldInReasons, width: int, colours: tuple[str, str], ascii_only: bool) -> Text:
    """The predicted rating beside an average user's, and the ratings that make the difference, as bars."""
    text = Text(f"{why.title}\n", style="bold")
    own = why.raw if why.rating is None else why.rating
    what = "a score of " if why.rating is None else ""
    text.append(f"{what}{own:.2f} for you, {why.average:.2f} for an average user\n\n", "not bold")
    if not why.influences:
        return text.append("You have given nothing yet, so you get what an average user gets.", "not bold")
    one = "like" if why.rating is None else "rating"
    text.append(f"What each {one} adds, compared with not having given it:\n", "not bold dim")
    terms = [(f"{given_words(one.rating)}  {short_title(one.title)}", one.effect) for one in why.influences]
    return text.append(signed_bars(terms, width, BarStyle(colours[0], colours[1], "", ascii_only)))
