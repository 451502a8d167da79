"""Shows a table's first rows, one column a line, and lets each column be given its role."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import DataTable, Label

from core.data import Look
from core.errors import TastemapError
from tui.dialogs import Dialog
from tui.train._mapping import ColumnRoles

Options = Mapping[str, object]
LookAgain = Callable[[Options], Look]
"""Looks at the same table with other reading options; raises TastemapError."""

_LETTERS = {"u": "user", "i": "item", "t": "title", "r": "rating", "c": "count", "d": "time", "e": "event"}
_COLOURS = {
    "user": "primary",
    "item": "accent",
    "title": "accent",
    "rating": "success",
    "count": "success",
    "time": "warning",
    "event": "warning",
}
_WIDTH = 18
_LAYOUTS = ("long", "wide", "baskets")
_KEYS = "↑ ↓ a column · ← → its role · h header · w matrix, baskets · Enter takes it · Escape leaves it"


class _Seen(Message):
    """The table as it is with other options, or what is wrong with them."""

    def __init__(self, options: Options, look: Look | None, problem: str = "") -> None:
        super().__init__()
        self.options, self.look, self.problem = options, look, problem


class RoleTable(DataTable[Text]):
    """One line a column of the table; ← and → turn its role instead of scrolling."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "turn(-1)", "Role before", show=False),
        Binding("right", "turn(1)", "Next role", show=False),
    ]

    class Turned(Message):
        """A column is to get the next role, or the one before."""

        def __init__(self, column: int, step: int) -> None:
            super().__init__()
            self.column, self.step = column, step

    def action_turn(self, step: int) -> None:
        """Ask for another role of the column under the cursor."""
        self.post_message(self.Turned(self.cursor_row, step))


class MapperScreen(Dialog["dict[str, object] | None"]):
    """The columns of one table and their roles; ends with the reading options that say so, or with None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "cancel", "Cancel"),
        Binding("h", "turn_header", "Header"),
        Binding("w", "turn_layout", "Layout"),
        *(Binding(key, f"give('{role}')", role, show=False) for key, role in _LETTERS.items()),
    ]

    def __init__(self, data: str, look: Look, reading: Options, look_again: LookAgain) -> None:
        super().__init__()
        self._data, self._look_again = data, look_again
        self._columns = ColumnRoles(look, reading)

    def compose(self) -> ComposeResult:
        """What is asked, the columns, how the table is read so, and the keys."""
        with Vertical(classes="dialog -large", id="mapper"):
            yield Label(Content(self._data), id="mapper-heading", markup=False)
            yield RoleTable(cursor_type="row", id="mapper-columns")
            yield Label("", id="mapper-summary", markup=False)
            yield Label(_KEYS, classes="note", markup=False)

    def on_mount(self) -> None:
        """Fill the table."""
        self._fill()
        self.query_one(RoleTable).focus()

    def _fill(self) -> None:
        look, table = self._columns.look, self.query_one(RoleTable)
        table.clear(columns=True)
        table.add_columns("read as", "column", *(f"row {row}" for row in range(1, len(look.rows) + 1)))
        for place in range(len(look.names)):
            table.add_row(*self._cells(place))
        self._say(look.problem)

    def _cells(self, place: int) -> list[Text]:
        """One column: its role, its name and its first cells, in the role's colour."""
        columns = self._columns
        look, role = columns.look, columns.roles[place]
        colour = self.app.theme_variables.get(_COLOURS.get(role, ""), "")
        name = look.names[place] if look.header else f"({place + 1})"
        texts = [name, *(row[place] if place < len(row) else "" for row in look.rows)]
        items = not role and (
            look.layout == "wide" or (look.layout == "baskets" and "item" not in columns.roles)
        )
        shown = "an item" if items else role
        return [Text(f"‹ {shown or '–':^7} ›", f"bold {colour}"), *(Text(_cut(one), colour) for one in texts)]

    def _say(self, problem: str = "") -> None:
        label = self.query_one("#mapper-summary", Label)
        label.update(problem or self._columns.summary)
        label.set_class(bool(problem or self._columns.problem), "-wrong")

    @on(RoleTable.Turned)
    def turned(self, message: RoleTable.Turned) -> None:
        """Draw the column in its new role."""
        self._columns.turn(message.column, message.step)
        self._redraw()

    def action_give(self, role: str) -> None:
        """Give the column under the cursor a role by its letter."""
        self._columns.give(self.query_one(RoleTable).cursor_row, role)
        self._redraw()

    def _redraw(self) -> None:
        table = self.query_one(RoleTable)
        for place in range(table.row_count):
            for number, cell in enumerate(self._cells(place)):
                table.update_cell_at((place, number), cell)  # type: ignore[arg-type]
        self._say()

    def action_turn_header(self) -> None:
        """Take the first line for a row, or for the names of the columns."""
        self._look({"header": "no" if self._columns.look.header else "yes"})

    def action_turn_layout(self) -> None:
        """Take rows for ratings, for the users of a matrix, or for users with all their items, in turn."""
        place = _LAYOUTS.index(self._columns.look.layout)
        self._look({"layout": _LAYOUTS[(place + 1) % len(_LAYOUTS)]})

    def _look(self, changes: Options) -> None:
        """Look again in a thread, without the columns chosen so far: they have other names then."""
        plain = {name: value for name, value in self._columns.reading.items() if not name.endswith("_column")}
        work = partial(self._look_in_thread, {**plain, **changes})
        self.run_worker(work, name="look", group="look", exclusive=True, thread=True)

    def _look_in_thread(self, options: dict[str, object]) -> None:
        try:
            self.post_message(_Seen(options, self._look_again(options)))
        except TastemapError as error:
            self.post_message(_Seen(options, None, f"{error.message} {error.hint}"))

    @on(_Seen)
    def seen(self, message: _Seen) -> None:
        """Show the table as it is now."""
        if message.look is None:
            self._say(message.problem)
            return
        self._columns = ColumnRoles(message.look, message.options)
        self._fill()

    @on(DataTable.RowSelected)
    def taken(self, event: DataTable.RowSelected) -> None:
        """End with the choice, if the table can be read so."""
        event.stop()
        if self._columns.problem:
            self._say()
            return
        self.dismiss(self._columns.options())

    def action_cancel(self) -> None:
        """Leave everything as it was."""
        self.dismiss(None)


def _cut(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _WIDTH else f"{line[: _WIDTH - 1]}…"
