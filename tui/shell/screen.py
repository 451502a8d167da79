"""What every screen has: the top bar, the footer, the engine's events and a way to ask it."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, cast

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.events import Resize, ScreenResume
from textual.screen import Screen
from textual.signal import Signal
from textual.widget import Widget

from core.engine import Notice, QueryError
from core.protocol import EpochFinished, Train
from tui.shell._bars import KeyLine, TopBar
from tui.shell.messages import Answered, NotAnswered, Thing
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

    @property
    def out_folder(self) -> Path:
        """Where exports are written."""

    def train(self, command: Train) -> bool:
        """Start a training; False where another one runs. Its data are remembered once they are read."""

    def remember(self, **changes: Any) -> None:
        """Change preferences, for the next start too."""

    def read_table_with(self, data: str, reading: Reading) -> None:
        """Read a table so from now on."""

    def action_show(self, mode: str) -> None:
        """Switch to one of the screens."""

    def watch_run(self, folder: Path, again: bool = False) -> None:
        """Show a run as another process trains it, or again as it was trained."""

    def look_for_runs(self) -> None:
        """Look at the newest saved run where nothing is looked at."""

    def deliver(self, path: Path, what: str) -> None:
        """Hand a file over that was written: say where it is, or send it to the browser that is served."""


def drop_outdated(screen: Screen[Any], event: Resize) -> None:
    """Let a size pass unseen that isn't the terminal's any more.

    Textual sends a screen its new size again after each layout. With two sizes on their way, as a terminal
    sends them that is resized faster than the screen draws, it would change between them for ever.
    """
    if event.size != screen.app.size:
        event.stop()
        event.prevent_default()


class BenchScreen(Screen[None]):
    """Base of the screens; `MODE` is its name in the app and of its help text.

    `HOME` selects the widget that has the focus on arrival, and again whenever a field is left.
    """

    MODE: ClassVar[str]
    HOME: ClassVar[str] = ""
    AUTO_FOCUS = ""
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
    _dressed: object = None

    def compose(self) -> ComposeResult:
        """The bar, the body, the keys."""
        self._dressed = self._styled_by()
        self._take_size()
        yield TopBar(self.MODE)
        yield from self.compose_body()
        yield KeyLine()

    def _take_size(self) -> None:
        """Have the classes of the size before there are widgets, which would all be styled twice else."""
        sizes = zip((self.HORIZONTAL_BREAKPOINTS, self.VERTICAL_BREAKPOINTS), self.app.size, strict=True)
        for points, size in sizes:
            self.add_class(max((point, name) for point, name in points if size >= point)[1])

    def compose_body(self) -> ComposeResult:
        """What the screen shows between bar and footer."""
        raise NotImplementedError

    def on_mount(self) -> None:
        """Listen to the engine, and follow the focus."""
        self.tastemap.events.subscribe(self, self.heard)
        self.watch(self, "focused", self._focus_moved, init=False)

    @property
    def in_field(self) -> bool:
        """Whether what has the focus takes letters and digits for itself."""
        nodes = self.focused.ancestors_with_self if self.focused is not None else ()
        return any(node.check_consume_key("1", "1") for node in nodes if isinstance(node, Widget))

    def _focus_moved(self, focused: Widget | None) -> None:
        """Say in the border around a field how it is left, and let nothing hidden keep the focus."""
        for panel in self.query(".-in-field"):
            panel.remove_class("-in-field", update=False)
            panel.border_subtitle = ""
        if focused is not None and self.in_field:
            framed = (
                node for node in focused.ancestors if isinstance(node, Widget) and node.has_class("-framed")
            )
            frame = next(framed, None)
            if frame is not None and not frame.border_subtitle:
                frame.add_class("-in-field", update=False)
                frame.border_subtitle = "[$accent]Esc leaves[/]"
        self._light_frame(focused)
        self.call_after_refresh(self._leave_hidden)

    def _light_frame(self, focused: Widget | None) -> None:
        """Light the border of the panel that has the focus in it.

        Its own style alone is worked out again: `:focus-within` would do so for all that it holds, at every
        step from field to field.
        """
        nodes = focused.ancestors_with_self if focused is not None else ()
        frames = [node for node in nodes if node.has_class("panel") or node.id == "left"]
        left = [node for node in self.query(".-lit") if node not in frames]
        entered = [node for node in frames if not node.has_class("-lit")]
        for node in (*left, *entered):
            node.set_class(node in frames, "-lit", update=False)
        self.app.stylesheet.update_nodes([*left, *entered])

    def _leave_hidden(self) -> None:
        """Take the focus from a widget that isn't shown: keys would be swallowed by what nobody sees."""
        focused = self.focused
        if focused is not None and not all(node.display for node in focused.ancestors_with_self):
            self.go_home()

    def go_home(self) -> None:
        """Give the focus to where it is on arrival."""
        home = self.query(self.HOME).first() if self.HOME and self.query(self.HOME) else None
        shown = home is not None and all(node.display for node in home.ancestors_with_self)
        self.set_focus(home if shown else None)

    def step_back(self) -> bool:
        """End what was begun here and isn't a field (a selection, a search); False where nothing was."""
        return False

    def place(self) -> Callable[[], object] | None:
        """What brings one back to what is shown now, when another screen has been looked at."""
        return None

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

    def open_thing(self, thing: Thing) -> None:
        """Show a thing that another screen points at; nothing by default."""

    def redraw_soon(self) -> None:
        """Draw after a moment, together with whatever comes until then."""
        if not self._redraw_pending and self.is_current:
            self._redraw_pending = True
            self.set_timer(_REDRAW_SECONDS, self._redraw_now)

    def _redraw_now(self) -> None:
        self._redraw_pending = False
        if self.is_current and self.is_mounted:
            self.redraw()

    def on_resize(self, event: Resize) -> None:
        """Heed the terminal's present size alone."""
        drop_outdated(self, event)

    def on_screen_resume(self, event: ScreenResume) -> None:
        """Draw what happened while another screen was shown; load again if the model is another.

        Textual would apply all styles to all widgets again, half the time of changing the screen: they are
        as they were unless the app looks otherwise now.
        """
        before, self._dressed = self._dressed, self._styled_by()
        event.refresh_styles = before != self._dressed
        self.redraw()
        self._leave_hidden()

    def _styled_by(self) -> object:
        """What styles hang on beside the screen itself."""
        return self.app.theme, self.app.classes, frozenset(self.app.pseudo_classes)

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
