"""What follows from the views' declarations: `python -m core.views._documentation` writes it anew.

That is the table of all views in README.md, and the methods of a run in python/asker.py.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

from core.files import write_atomically
from core.options import OptionField
from core.views.python import METHODS_FILE, methods_module
from core.views.registry import VIEWS
from core.views.view import View

README = Path(__file__).parent / "README.md"
BEGIN, END = "<!-- views: python -m core.views._documentation -->\n", "<!-- end of views -->\n"


def view_table() -> str:
    """All views as a Markdown table: name, command, arguments with their defaults, fields of the answer."""
    rows = ["| view | command | method | arguments (default) | answer |", "|---|---|---|---|---|"]
    return "\n".join([*rows, *map(_row, sorted(VIEWS.values(), key=lambda view: view.tag))]) + "\n"


def with_table(text: str) -> str:
    """A README with the table as it is now between the two markers."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}{view_table()}{END}{after}"


def _row(view: type[View[Any]]) -> str:
    command = f"`{view.command}`" if view.command else ""
    answer = view.answer_type()
    fields = ", ".join(field.name for field in dataclasses.fields(answer))
    arguments = ", ".join(map(_argument, sorted(view.fields(), key=lambda field: not field.required)))
    return f"| `{view.tag}` | {command} | `{view.method}` | {arguments} | `{answer.__name__}`: {fields} |"


def _argument(field: OptionField) -> str:
    if field.required or field.default is None:
        return field.name if field.required else f"{field.name} (none)"
    return f"{field.name} ({str(field.default).lower() if field.type is bool else field.default})"


if __name__ == "__main__":
    write_atomically(METHODS_FILE, methods_module(VIEWS).encode())
    write_atomically(README, with_table(README.read_text(encoding="utf-8")).encode())
