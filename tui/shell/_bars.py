"""The lines around every screen: where one is and can go, what the engine does; and the keys that act."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.events import Click
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Static

from tui.formats import rmse
from tui.shell.modes import TABS
from tui.shell.training import Stage, TrainingState
from tui.shell.workbench import Workbench

_NAMED_KEYS = sum(len(name) + 5 for _, _, name in TABS)
"""So many columns the tabs take where every one has its name and its function key."""


class TopBar(Horizontal):
    """Tabs to the left, the state of things to the right; the keys named are those that act just now."""

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
        self._shown: tuple[bool, int] | None = None

    def compose(self) -> ComposeResult:
        """Two lines of text side by side."""
        yield Static("", id="tabs", markup=False)
        yield Static("", id="status", markup=False)

    def on_mount(self) -> None:
        """Follow whatever changes which keys act: the focus, and what screens allow."""
        self.screen.bindings_updated_signal.subscribe(self, self._keys_changed)
        self._show_tabs()

    def on_resize(self) -> None:
        """Name the keys as there is room."""
        self._show_tabs()

    def show(self, bench: Workbench) -> None:
        """Say what is trained or looked at."""
        self.query_one("#status", Static).update(_status_line(bench), layout=False)

    def _keys_changed(self, screen: Screen[object]) -> None:
        if self.is_attached and screen is self.screen:
            self._show_tabs()

    def _show_tabs(self) -> None:
        digits, width = _digits_switch(self.screen), self.app.size.width
        if (digits, width) != self._shown:
            self._shown = digits, width
            self.query_one("#tabs", Static).update(self._tabs("" if digits else "F", width))

    def _tabs(self, prefix: str, width: int) -> Content:
        names = []
        for mode, key, name in TABS:
            look = "b $background on $primary" if mode == self._current else "$foreground 75%"
            named = not prefix or width >= _NAMED_KEYS or mode == self._current
            words = f"{prefix}{key} {name}" if named else f"{prefix}{key}"
            names.append(f"[{look}][@click=app.show('{mode}')] {words} [/][/]")
        return Content.from_markup("".join(names))


def _digits_switch(screen: Screen[object]) -> bool:
    """Whether a digit switches screens just now: no field takes it, and nothing is rated by it."""
    bound = screen.active_bindings.get("1")
    return bound is not None and bound.binding.action.startswith("show(")


def _status_line(bench: Workbench) -> Content:
    """The training in a few words, or the model that is looked at."""
    training = bench.training
    if training.active:
        return Content.from_markup("[$accent]●[/] $words", words=training_words(training))
    if bench.preparing:
        return Content.from_markup("[$foreground 60%]engine: $words …[/]", words=bench.preparing)
    if bench.subject:
        return Content.from_markup("[$foreground 60%]model[/] $label", label=bench.subject.label)
    return Content.from_markup("[$foreground 60%]no model yet[/]")


def training_words(training: TrainingState) -> str:
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


_ALWAYS = ("help", "ask_quit")
_MORE = "… "


@dataclass(frozen=True)
class _Key:
    """A key: what it is called, what it does, what is pressed when it is clicked on, whether it may be."""

    display: str
    description: str
    key: str
    action: str
    enabled: bool

    @property
    def width(self) -> int:
        """Columns that it takes, with the spaces around both words."""
        return len(self.display) + len(self.description) + 3

    def drawn(self) -> Content:
        """Its two words, in the colours of the theme."""
        look = "[b $footer-key-foreground on $footer-key-background] $key [/]"
        said = "[$footer-description-foreground on $footer-description-background]$what [/]"
        dim = ("", "") if self.enabled else ("[dim]", "[/]")
        return Content.from_markup(f"{dim[0]}{look}{said}{dim[1]}", key=self.display, what=self.description)


class KeyLine(Widget):
    """The keys that act; the last of them, help and quit, are never cut off: a `…` says that others were.

    One widget, not one a key as in Textual's Footer: keys change with each step of the focus, and most of
    what such a step cost were the styles of new widgets.
    """

    ALLOW_SELECT = False
    DEFAULT_CSS = """
    KeyLine { dock: bottom; height: 1; color: $footer-foreground; background: $footer-background; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._keys: Sequence[_Key] = ()

    def on_mount(self) -> None:
        """Follow whatever changes which keys act: the focus, and what screens allow."""
        self.screen.bindings_updated_signal.subscribe(self, self._keys_changed)

    def _keys_changed(self, screen: Screen[object]) -> None:
        if not (self.is_attached and screen is self.screen and screen.app.app_focus):
            return
        keys = tuple(self._acting())
        if keys != self._keys:
            self._keys = keys
            self.refresh()

    def _acting(self) -> Iterable[_Key]:
        """The keys that are to be shown, one for each action, in the order of their declaration."""
        seen = set()
        for _, binding, enabled, _ in self.screen.active_bindings.values():
            if binding.show and binding.action not in seen:
                seen.add(binding.action)
                display = self.app.get_key_display(binding)
                yield _Key(display, binding.description, binding.key, binding.action, enabled)

    def _parted(self) -> tuple[Sequence[_Key], Sequence[_Key], bool]:
        """The keys to the left that fit, those to the right, and whether others are left out."""
        always = [key for key in self._keys if key.action in _ALWAYS]
        others = [key for key in self._keys if key.action not in _ALWAYS]
        room, shown = self.size.width - sum(key.width for key in always) - len(_MORE), 0
        for key in others:
            room -= key.width
            if room < 0:
                break
            shown += 1
        return others[:shown], always, shown < len(others)

    def render(self) -> Content:
        """The line, as wide as the screen."""
        shown, always, cut = self._parted()
        ends = sum(key.width for key in (*shown, *always)) + len(_MORE) * cut
        gap = Content(" " * max(0, self.size.width - ends))
        more = Content.from_markup(f"[$foreground 60%]{_MORE}[/]") if cut else Content("")
        return Content.assemble(*(key.drawn() for key in shown), gap, more, *(key.drawn() for key in always))

    def on_click(self, event: Click) -> None:
        """Press the key that is clicked on."""
        shown, always, _ = self._parted()
        at = self.size.width - sum(key.width for key in always)
        for place, keys in ((0, shown), (at, always)):
            start = place
            for key in keys:
                if start <= event.x < start + key.width and key.enabled:
                    self.app.simulate_key(key.key)
                start += key.width
