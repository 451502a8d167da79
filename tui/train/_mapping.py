"""What each column of a table is read as, while somebody chooses; without widgets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from core.data import Look

NOTHING = ""
ROLES = (NOTHING, "user", "item", "title", "rating", "count", "time", "event")
"""What a column may be read as, in the order of the keys ← and →; a count is a rating of interactions."""

_COLUMNS = ("user_column", "item_column", "rating_column", "time_column", "event_column", "title_column")
_CHOSEN_HERE = (*_COLUMNS, "layout", "kind")
_NONE, _ROWS = "none", "rows"


@dataclass
class ColumnRoles:
    """The roles of a table's columns: those that a `look` guessed, until somebody turns them.

    `reading` holds what else was chosen for the table (a member, a header), and comes out again.
    """

    look: Look
    reading: Mapping[str, object] = field(default_factory=dict)
    roles: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Begin with what was guessed or chosen before."""
        by_place = {place: role for role, place in self.look.roles.items()}
        self.roles = [self._renamed(by_place.get(place, NOTHING)) for place in range(len(self.look.names))]
        title = str(self.reading.get("title_column", ""))
        if title in self.look.names:
            self.roles[self.look.names.index(title)] = "title"
        self._guessed = list(self.roles)

    def turn(self, column: int, step: int) -> None:
        """Give a column the next role, or the one before."""
        place = ROLES.index(self.roles[column])
        self.roles[column] = ROLES[(place + step) % len(ROLES)]

    def give(self, column: int, role: str) -> None:
        """Give a column a role; who had it has none then."""
        self.roles = [NOTHING if one == role else one for one in self.roles]
        self.roles[column] = role

    @property
    def problem(self) -> str:
        """Why the table can't be read so; empty where it can."""
        for role in ROLES[1:]:
            if self.roles.count(role) > 1:
                return f"Two columns are the {role}."
        if "rating" in self.roles and "count" in self.roles:
            return "There is a rating and a count: choose one."
        if self.look.layout != "long":
            return ""
        missing = [role for role in ("user", "item") if role not in self.roles]
        return f"Which column is the {' and which the '.join(missing)}?" if missing else ""

    @property
    def summary(self) -> str:
        """How the table is read, in words."""
        if self.problem:
            return self.problem
        if self.look.layout != "long":
            return self._users_in_rows()
        if "rating" in self.roles:
            return "Rows are ratings."
        if "count" in self.roles:
            return "Rows are interactions that count so often."
        return "No rating: every row is an interaction."

    @property
    def changed(self) -> bool:
        """Whether anything differs from what is guessed of itself."""
        return bool(self.look.problem) or self.roles != self._guessed

    def options(self) -> dict[str, object]:
        """The reading options that say so: none for columns that are guessed right."""
        if not self.changed:
            return dict(self.reading)
        kept = {name: value for name, value in self.reading.items() if name not in _CHOSEN_HERE}
        if self.look.layout != "long":
            return {**kept, **self._options_of_rows()}
        value = "rating" if "rating" in self.roles else "count"
        chosen: dict[str, object] = {
            "user_column": self._column("user"),
            "item_column": self._column("item"),
            "rating_column": self._column(value) or _NONE,
            "time_column": self._column("time") or _NONE,
            "event_column": self._column("event") or _NONE,
        }
        if "layout" in self.reading:
            chosen["layout"] = self.reading["layout"]
        if "title" in self.roles:
            chosen["title_column"] = self._column("title")
        if "count" in self.roles:
            chosen["kind"] = "interactions"
        return {**kept, **chosen}

    def _users_in_rows(self) -> str:
        numbered = "" if "user" in self.roles else " (numbered)"
        if self.look.layout == "wide":
            return f"A matrix: rows are users{numbered}, all other columns items."
        where = "one cell" if "item" in self.roles else "the other cells"
        return f"Baskets: a row is a user{numbered} and their items, in {where}."

    def _options_of_rows(self) -> dict[str, object]:
        """The reading options where a row is a user and not one rating."""
        chosen: dict[str, object] = {
            "layout": self.look.layout,
            "user_column": self._column("user") or _ROWS,
        }
        if self.look.layout == "baskets" and "item" in self.roles:
            chosen |= {"item_column": self._column("item"), "time_column": self._column("time") or _NONE}
        return chosen

    def _column(self, role: str) -> str:
        """A column by its name or, where that names none or several, by its position from 1."""
        if role not in self.roles:
            return ""
        place = self.roles.index(role)
        name, names = self.look.names[place], self.look.names
        return name if self.look.header and name and names.count(name) == 1 else str(place + 1)

    def _renamed(self, role: str) -> str:
        return "count" if role == "rating" and self.reading.get("kind") == "interactions" else role
