"""Help: a real text for each screen, followed by all its keys as they are now."""

from __future__ import annotations

from importlib.resources import files
from typing import Any, ClassVar

from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Markdown

from tui.shell.modes import screen_class
from tui.shell.preferences import keymap_path


class HelpScreen(ModalScreen[None]):
    """The help of one screen."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q,question_mark", "dismiss", "Close")]

    def __init__(self, mode: str) -> None:
        super().__init__()
        self._mode = mode

    def compose(self) -> ComposeResult:
        """The text, scrollable."""
        with VerticalScroll(id="help"):
            yield Markdown(help_text(self.app, self._mode))

    def on_mount(self) -> None:
        """Let the arrow keys scroll."""
        self.query_one(VerticalScroll).focus()


def help_text(app: App[Any], mode: str) -> str:
    """The screen's own text and the tables of keys."""
    text = (files(screen_class(mode).__module__.rpartition(".")[0]) / "help.md").read_text(encoding="utf-8")
    screen = screen_class(mode)
    return "\n\n".join(
        (
            text,
            "## Keys of this screen",
            _key_table(app, getattr(screen, "BINDINGS", [])),
            "## Keys everywhere",
            _key_table(app, app.BINDINGS),
            f'Change any key in `{keymap_path()}`, one a line: `"train.pause" = "space"`.',
        )
    )


def _key_table(app: App[Any], bindings: Any) -> str:
    rows = [
        f"| {_keys(app, binding)} | {binding.description} | `{binding.id}` |"
        for binding in bindings
        if isinstance(binding, Binding) and binding.description
    ]
    return "\n".join(("| Key | What it does | Name |", "|---|---|---|", *rows))


def _keys(app: App[Any], binding: Binding) -> str:
    own = getattr(app, "own_keys", {}).get(binding.id, binding.key)
    singles = Binding.make_bindings([Binding(own, binding.action, binding.description)])
    return " ".join(app.get_key_display(single) for single in singles).replace("|", "\\|")
