"""The line of keys at the bottom: as many as fit, and always the help and the way out."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import HorizontalGroup
from textual.widgets import Footer, Static
from textual.widgets._footer import FooterKey

_ALWAYS = ("help", "ask_quit")


class KeyLine(Footer):
    """A footer whose last keys, help and quit, are never cut off; a `…` says that others were."""

    DEFAULT_CSS = """
    KeyLine > .always { dock: right; width: auto; height: 1; background: $footer-background; }
    KeyLine > .always > Static { width: auto; color: $foreground 60%; }
    """

    def compose(self) -> ComposeResult:
        """The keys in their order while there is room, then those that always act."""
        keys = [widget for widget in super().compose() if isinstance(widget, FooterKey)]
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
