"""Help: a real text for each screen, followed by all its keys as they are now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib.resources import files
from typing import ClassVar

from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll

from tui.dialogs.dialog import Dialog
from tui.shell import keymap_path, screen_class


class HelpScreen(Dialog[None]):
    """The help of one screen."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q,question_mark", "dismiss", "Close")]

    def __init__(self, mode: str, own_keys: Mapping[str, str]) -> None:
        super().__init__()
        self._mode, self._own_keys = mode, own_keys

    def compose(self) -> ComposeResult:
        """The text, scrollable."""
        from textual.widgets import Markdown  # as slow to import as it is seldom wanted

        with VerticalScroll(id="help"):
            yield Markdown(help_text(self.app, self._mode, self._own_keys))

    def on_mount(self) -> None:
        """Let the arrow keys scroll."""
        self.query_one(VerticalScroll).focus()


def help_text(app: App[int], mode: str, own_keys: Mapping[str, str]) -> str:
    """The screen's own text and the tables of keys; `own_keys` has those changed, by the action's name."""
    text = (files(screen_class(mode).__module__.rpartition(".")[0]) / "help.md").read_text(encoding="utf-8")
    screen = screen_class(mode)
    return "\n\n".join(
        (
            text,
            "## Keys of this screen",
            _key_table(app, screen.BINDINGS, own_keys),
            "## Keys everywhere",
            _key_table(app, app.BINDINGS, own_keys),
            f'Change any key in `{keymap_path()}`, one a line: `"train.pause" = "space"`.',
        )
    )


def _key_table(app: App[int], bindings: Iterable[BindingType], own_keys: Mapping[str, str]) -> str:
    rows = [
        f"| {_keys(app, binding, own_keys)} | {binding.description} | `{binding.id}` |"
        for binding in bindings
        if isinstance(binding, Binding) and binding.description
    ]
    return "\n".join(("| Key | What it does | Name |", "|---|---|---|", *rows))


def _keys(app: App[int], binding: Binding, own_keys: Mapping[str, str]) -> str:
    own = own_keys.get(binding.id or "", binding.key)
    singles = Binding.make_bindings([Binding(own, binding.action, binding.description)])
    return " ".join(app.get_key_display(single) for single in singles).replace("|", "\\|")
