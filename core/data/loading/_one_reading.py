"""Makes sure that the ratings of several files, which are one table, are written in one way."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from core.contract import RawTable
from core.data.checking import chunked
from core.errors import DataError

_POINTS = "decimal ."
_SIGNS = ("decimal ,", _POINTS, "thousands ,", "thousands .", "spaces")
_AGAINST = {
    frozenset(("decimal ,", _POINTS)),
    frozenset(("decimal ,", "thousands ,")),
    frozenset((_POINTS, "thousands .")),
    frozenset(("thousands ,", "thousands .")),
}
"""What one column can't have both of; any other form must be that of all files."""


def check_one_reading(tables: Sequence[RawTable]) -> None:
    """Raise DataError where ratings of one file would be read otherwise if they stood in another."""
    if not any(table.forms for table in tables):
        return
    first, *others = ((table, _forms(table)) for table in tables)
    signs = {sign: first[0] for sign in first[1] if sign in _SIGNS}
    for table, forms in others:
        if set(forms) - set(_SIGNS) != set(first[1]) - set(_SIGNS):
            raise _differs(table, forms, first[0], first[1])
        for sign in filter(_SIGNS.__contains__, forms):
            other = next((one for one in signs if frozenset((one, sign)) in _AGAINST), None)
            if other is not None:
                raise _differs(table, (sign,), signs[other], (other,))
            signs.setdefault(sign, table)


def _forms(table: RawTable) -> tuple[str, ...]:
    """The forms of a file's ratings; parts of numbers that nothing else is said of stand behind points."""
    if table.ratings is None or any(form in _SIGNS for form in table.forms):
        return table.forms
    return (*table.forms, _POINTS) if _has_parts(table.ratings) else table.forms


def _has_parts(column: Any) -> bool:
    """Whether any number of a column isn't whole."""
    import pyarrow as pa
    import pyarrow.compute as pc

    numbers = chunked(column)
    if not pa.types.is_floating(numbers.type):
        return False
    return bool(pc.any(pc.not_equal(numbers, pc.floor(numbers))).as_py())


def _differs(table: RawTable, forms: Sequence[str], other: RawTable, others: Sequence[str]) -> DataError:
    name, path = (str(one.files[0]) if one.files else None for one in (other, table))
    told, before = (", ".join(one) or "plain numbers" for one in (forms, others))
    message = f"its ratings are written otherwise ({told}) than those of {name} ({before})."
    return DataError(message, path=path, hint="Write them all in one way, or read each file for itself.")
