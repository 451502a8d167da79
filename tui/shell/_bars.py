"""The lines around every screen: where one is and can go, what the engine does; and the keys that act."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Horizontal, HorizontalGroup
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Footer, Static
from textual.widgets._footer import FooterKey

from tui.formats import rmse
from tui.shell.modes import TABS
from tui.shell.training import Stage, TrainingState
from tui.shell.workbench import Workbench

_ALWAYS = ("help", "ask_quit")
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


class KeyLine(Footer):
    """A footer whose last keys, help and quit, are never cut off; a `…` says that others were."""

    DEFAULT_CSS = """
    KeyLine > .always { dock: right; width: auto; height: 1; background: $footer-background; }
    KeyLine > .always > Static { width: auto; color: $foreground 60%; }
    """

    _composed_for = 0

    def compose(self) -> ComposeResult:
        """The keys in their order while there is room, then those that always act."""
        keys = [widget for widget in super().compose() if isinstance(widget, FooterKey)]
        for key in keys:  # else each begins compact, and is styled anew once it hears that it isn't
            key.set_reactive(FooterKey.compact, self.compact)
        self._composed_for = self.app.size.width
        always = [key for key in keys if key.action in _ALWAYS]
        room = self.app.size.width - sum(map(_width, always)) - 2
        shown = _fitting([key for key in keys if key not in always], room)
        yield from shown
        with HorizontalGroup(classes="always"):
            if len(shown) + len(always) < len(keys):
                yield Static("… ", markup=False)
            yield from always

    def on_resize(self) -> None:
        """Show as many keys as now fit."""
        if self._composed_for != self.app.size.width:
            self.call_after_refresh(self.recompose)


def _fitting(keys: list[FooterKey], room: int) -> list[FooterKey]:
    shown: list[FooterKey] = []
    for key in keys:
        room -= _width(key)
        if room < 0:
            break
        shown.append(key)
    return shown


def _width(key: FooterKey) -> int:
    return len(key.key_display) + len(key.description) + 3
