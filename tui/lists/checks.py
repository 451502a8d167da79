"""A list of which some are chosen: its signs differ without colour too."""

from __future__ import annotations

from rich.segment import Segment
from textual.strip import Strip
from textual.widgets import SelectionList


class CheckList(SelectionList[str]):
    """Textual's list with an empty box before what isn't chosen; there only the colour would tell."""

    DEFAULT_CSS = """
    CheckList { height: auto; border: none; background: transparent; padding: 0; }
    """

    def render_line(self, y: int) -> Strip:
        """Draw a line; the sign in the box is its second part."""
        strip = super().render_line(y)
        row = self.scroll_offset.y + y
        if row >= self.option_count or self.get_option_at_index(row).value in self.selected:
            return strip
        left, sign, *rest = strip
        return Strip([left, Segment(" " * len(sign.text), sign.style), *rest], strip.cell_length)
