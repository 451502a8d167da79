"""What every screen has: the top bar, the footer, the engine's events and a way to ask it."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, cast

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.screen import Screen
from textual.signal import Signal
from textual.widgets import Footer

from core.engine import Notice, QueryError
from core.options import Identifier
from core.protocol import EpochFinished, Train
from tui.shell._top_bar import TopBar
from tui.shell.messages import Answered, NotAnswered
from tui.shell.preferences import Preferences
from tui.shell.tables import Reading
from tui.shell.workbench import Workbench

if TYPE_CHECKING:
    from core.views import View

_REDRAW_SECONDS = 0.12
_LIVE_SECONDS = 0.8
ASKING = "Asking the engine …"


class BenchApp(Protocol):
    """What the screens need of the app: it knows none of them, and they know no more of it than this."""

    bench: Workbench
    preferences: Preferences
    events: Signal[Notice]
    ascii_only: bool

    def train(self, command: Train) -> bool:
        """Start a training; False where another one runs. Its data are remembered once they are read."""

    def read_table_with(self, data: str, reading: Reading) -> None:
        """Read a table so from now on."""

    def action_show(self, mode: str) -> None:
        """Switch to one of the screens."""


class BenchScreen(Screen[None]):
    """Base of the screens; `MODE` is its name in the app and of its help text."""

    MODE: ClassVar[str]
    BINDINGS: ClassVar[list[BindingType]] = []
    HORIZONTAL_BREAKPOINTS = [  # noqa: RUF012 - Textual's declaration
        (0, "-tiny"),
        (76, "-narrow"),
        (100, "-normal"),
        (150, "-wide"),
    ]
    VERTICAL_BREAKPOINTS = [(0, "-short"), (30, "-tall")]  # noqa: RUF012

    _redraw_pending = False
    _asked_live_at = 0.0
    _seen_subject: object = "none was seen yet"

    def compose(self) -> ComposeResult:
        """The bar, the body, the keys."""
        yield TopBar(self.MODE)
        yield from self.compose_body()
        yield Footer(show_command_palette=False)

    def compose_body(self) -> ComposeResult:
        """What the screen shows between bar and footer."""
        raise NotImplementedError

    def on_mount(self) -> None:
        """Listen to the engine."""
        self.tastemap.events.subscribe(self, self.heard)

    @property
    def tastemap(self) -> BenchApp:
        """The app, as far as a screen needs it."""
        return cast(BenchApp, self.app)

    @property
    def bench(self) -> Workbench:
        """The shared state."""
        return self.tastemap.bench

    def heard(self, notice: Notice) -> None:
        """React to what the engine said; many notices in a row are drawn once."""
        del notice
        self.redraw_soon()

    def follows(self, notice: Notice) -> bool:
        """Whether to ask again about the model in training: after an epoch, but not faster than one can see.

        Without the limit a fast training would answer questions instead of training.
        """
        live = self.bench.subject is not None and self.bench.subject.run is None
        due = time.monotonic() - self._asked_live_at > _LIVE_SECONDS
        if not (isinstance(notice, EpochFinished) and live and due and self.is_current):
            return False
        self._asked_live_at = time.monotonic()
        return True

    def open_item(self, item: Identifier, title: str) -> None:
        """Show an item that another screen points at; nothing by default."""

    def redraw_soon(self) -> None:
        """Draw after a moment, together with whatever comes until then."""
        if not self._redraw_pending and self.is_current:
            self._redraw_pending = True
            self.set_timer(_REDRAW_SECONDS, self._redraw_now)

    def _redraw_now(self) -> None:
        self._redraw_pending = False
        if self.is_current and self.is_mounted:
            self.redraw()

    def on_screen_resume(self) -> None:
        """Draw what happened while another screen was shown; load again if the model is another."""
        self.redraw()

    def redraw(self) -> None:
        """Draw from the shared state, and load what hangs on the model when that has changed."""
        self.query_one(TopBar).show(self.bench)
        if self._seen_subject != self.bench.subject:
            self._seen_subject = self.bench.subject
            self.subject_changed()

    def subject_changed(self) -> None:
        """Load what the screen shows of the model; nothing by default."""

    def ask(self, view: View[Any], group: str = "") -> None:
        """Ask the engine in a worker; the answer arrives as a message.

        A newer question of the same view, or of the same `group`, replaces an older one.
        """
        self.start_worker(group or view.tag, self._ask, view)

    def start_worker(self, group: str, work: Callable[..., Awaitable[None]], *arguments: object) -> None:
        """Run a coroutine function as the only worker of its group; an older one is cancelled."""
        call: Any = partial(work, *arguments)  # Textual's own type admits no callable that needs no result
        self.run_worker(call, name=group, group=group, exclusive=True)

    async def _ask(self, view: View[Any]) -> None:
        try:
            answer = await self.bench.ask(view)
        except QueryError as error:
            self.post_message(NotAnswered(view, error.message, error.hint))
        else:
            self.post_message(Answered(view, answer))
