"""The verdict on top of the race: which model to use on this table, and whether the order of models holds."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.signal import Signal
from textual.widgets import Static

from core.engine import Notice
from core.errors import ProtocolError
from core.protocol import Stop, from_plain
from core.verdict import Part, Standing, Verdict
from tui.charts import share_bar
from tui.dialogs import Dialog
from tui.formats import count, fit
from tui.shell import Workbench, shown

_NAME = 22
_BARS = ((100, 16), (76, 6))
"""How long a bar is from which width of the screen on; below there is none."""
_MUTED = "$foreground 60%"
_WAIT = "The same models are trained on a random split, one by time and one of newcomers. x ends it."


class VerdictScreen(Dialog[None]):
    """What is being judged; then the conclusions, and the standings to scroll through."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,v,enter", "dismiss", "Close"),
        Binding("x", "stop", "Stop", id="verdict.stop"),
    ]

    def __init__(self, bench: Workbench, events: Signal[Notice], ascii_only: bool) -> None:
        super().__init__()
        self._bench, self._events, self._ascii = bench, events, ascii_only

    def compose(self) -> ComposeResult:
        """One text, scrollable."""
        with VerticalScroll(classes="dialog -large", id="verdict") as dialog:
            dialog.border_title = "Verdict"
            dialog.border_subtitle = "↑ ↓ scroll, Escape closes"
            yield Static("", id="verdict-text", markup=False)

    def on_mount(self) -> None:
        """Listen, and let the arrow keys scroll."""
        self.query_one("#verdict").focus()
        self._events.subscribe(self, self._heard)
        self._draw()

    def action_stop(self) -> None:
        """End it; nothing is kept."""
        if self._bench.judging.active:
            self._bench.send(Stop())

    def _heard(self, notice: Notice) -> None:
        del notice
        self._draw()

    def _draw(self) -> None:
        self.query_one("#verdict-text", Static).update(self._content())

    def _content(self) -> Content:
        judging = self._bench.judging
        if judging.active:
            markup = f"[b $accent]$phase …[/]\n\n[{_MUTED}]$wait[/]"
            return Content.from_markup(markup, phase=judging.phase, wait=_WAIT)
        if judging.failure is not None:
            failure = judging.failure
            markup = "[b $error]Failed[/]  $message\n$hint"
            return Content.from_markup(markup, message=failure.message, hint=failure.hint)
        if judging.verdict is None:
            return Content("It was stopped: there is no verdict.")
        try:
            verdict = shown(from_plain(judging.verdict, Verdict))
        except ProtocolError as error:
            return Content(f"The verdict can't be read: {error.message}")
        bar = next((bar for least, bar in _BARS if self.app.size.width >= least), 0)
        return _text(verdict, bar, self._ascii)


def _text(verdict: Verdict, bar_width: int, ascii_only: bool) -> Content:
    """The conclusions above, a table a part below, what is left to say at the end."""
    lines = [_heading(f"What to make of it ({verdict.data}, {verdict.seconds:,.0f} s)")]
    lines += [Content(f"• {line}") for line in verdict.conclusions]
    for part in verdict.parts:
        judged = f"{count(part.rows)} rows of {count(part.users)} users"
        aim = f"to beat: {part.baseline}" if part.tells else "too few to conclude anything"
        lines += [_heading(f"\n{part.measure}, {part.split}"), _muted(f"{judged}; {aim}")]
        lines += [_line(part, one, bar_width, ascii_only) for one in part.standings]
    return Content("\n").join([*lines, Content(""), *map(_muted, verdict.notes)])


def _line(part: Part, one: Standing, bar_width: int, ascii_only: bool) -> Content:
    """A contender: its figure, a bar as long as its place between worst and best, how far it is from the best
    and whether it beats the baseline."""
    figures = [other.figure for other in part.standings]
    spread = (max(figures) - min(figures)) or 1.0
    good = (one.figure - min(figures)) / spread
    bar = share_bar(1 - good if part.measure == "RMSE" else good, bar_width, ascii_only) if bar_width else ""
    how = _place(part, one) if part.tells else ""
    return Content.from_markup(
        "$name $figure  [$accent]$bar[/]  $how" if bar else "$name $figure  $how",
        name=f"{fit(one.name, _NAME):<{_NAME}}",
        figure=f"{one.figure:.4f}",
        bar=bar,
        how=how,
    )


def _place(part: Part, one: Standing) -> str:
    """How a contender does, in words that fit beside its figure."""
    how = "best" if one is part.best else "near the best" if one.leads else "behind"
    if one.from_baseline is None:
        return how
    return f"{how}; {part.verdict(one.from_baseline) if one.from_baseline.clear else 'within noise'}"


def _heading(text: str) -> Content:
    return Content.from_markup("[b $primary]$text[/]", text=text)


def _muted(text: str) -> Content:
    return Content.from_markup(f"[{_MUTED}]$text[/]", text=text)
