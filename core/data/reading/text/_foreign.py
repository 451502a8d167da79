"""Refuses what is text and no table: markup, dumps of databases, the forms of other programs."""

from __future__ import annotations

import re
from dataclasses import dataclass

from core.contract import Location
from core.errors import DataError


@dataclass(frozen=True)
class _Form:
    """A form by how its text begins, what it is called, and how one comes from it to a table."""

    begins: re.Pattern[str]
    name: str
    way_out: str


def _form(begins: str, name: str, way_out: str) -> _Form:
    return _Form(re.compile(begins, re.IGNORECASE), name, way_out)


_CSV = "Write it as CSV: a line of names, then one rating a line."
_FORMS = (
    _form(r"<(\?xml|!doctype|html|table|[a-z][\w-]*[\s>/])", "XML or HTML", _CSV),
    _form(
        r"((--|#|/\*).*\n|\s+)*(insert\s+into|create\s+(table|database)|drop\s+table|begin\s+transaction|"
        r"pragma\s|set\s+[@\w]+\s*=|copy\s+\S+\s*\(.*\)\s+from\s+stdin)",
        "a dump of a database (SQL)",
        "Load it into one (as in sqlite3 shop.db < dump.sql), and name that file, with --table.",
    ),
    _form(
        r"(%.*\n|\s+)*@relation\b",
        "an ARFF file",
        "Take the lines up to @data out (--skip-lines, --header no).",
    ),
    _form(r"(---\s*\n)?- (\{|[\w-]+:)", "YAML", "Write it as JSON or CSV."),
    _form(
        r"\|.*\|\s*\n\|[\s:|-]+\|\s*\n", "a Markdown table", "Take the line of dashes and the outer | out."
    ),
)


def refuse_foreign(text: str, location: Location) -> None:
    """Raise DataError, with the way to a table, for text that begins as another form does."""
    begin = text[:4000].lstrip("\ufeff \t\r\n").replace("\r\n", "\n")
    for form in _FORMS:
        if form.begins.match(begin):
            message = f"this is {form.name}, not a table of text."
            raise DataError(message, path=str(location), hint=form.way_out)
