"""Turns a column of ids into rows and the vocabulary that they stand for."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from core.array_types import RowArray
from core.contract import Repair
from core.data import Vocabulary
from core.data.checking._clean import chunked, whole
from core.data.checking._doubtful_ids import beyond_decimals, doubts

LONGEST = 1000
_CANONICAL = r"^(0|-?[1-9][0-9]{0,17})$"


class BadIdentifierError(Exception):
    """An id that can't be used: `what` it is of (user or item), `index` its row from 0."""

    def __init__(self, index: int, what: str, reason: str) -> None:
        super().__init__(f"the {what} id {reason}")
        self.index, self.what, self.reason = index, what, f"the {what} id {reason}"


@dataclass(frozen=True)
class Encoded:
    """A column as rows (int32, shape (n,)) into a vocabulary, and how many ids lost surrounding spaces."""

    rows: RowArray
    vocabulary: Vocabulary
    repairs: tuple[Repair, ...] = ()


def encode(column: Any, what: str) -> Encoded:
    """Number the ids of a column (Arrow, NumPy or list; whole numbers or texts) by first appearance.

    Ids that are all written as whole numbers become int64; "007" stays text. Raises BadIdentifierError.
    """
    import pyarrow as pa

    try:
        column = chunked(column)
        doubtful = beyond_decimals(column, what)
        column = _arrow(column)
    except (pa.ArrowException, UnicodeError, OverflowError) as error:
        raise BadIdentifierError(0, what, f"can't be read as text ({str(error).splitlines()[0]})") from error
    if column.null_count:
        raise BadIdentifierError(_first_null(column), what, "is missing")
    encoded = whole(column.dictionary_encode().unify_dictionaries())
    rows = encoded.indices.to_numpy(zero_copy_only=False).astype(np.int32, copy=False)
    _refuse_null_values(rows, encoded.dictionary, what)
    named = _named(*_by_appearance(*_merged(rows, encoded.dictionary)), what)
    return replace(named, repairs=(*named.repairs, *doubtful))


def _refuse_null_values(rows: RowArray, values: Any, what: str) -> None:
    """A dictionary may hold a null among its values, which no count of missing cells tells."""
    if values.null_count:
        lacking = values.is_null().to_numpy(zero_copy_only=False)[rows]
        if lacking.any():
            raise BadIdentifierError(int(lacking.argmax()), what, "is missing")


def _merged(rows: RowArray, values: Any) -> tuple[RowArray, Any]:
    """A dictionary that came with the table may hold a value twice."""
    merged = values.dictionary_encode()
    if len(merged.dictionary) == len(values):
        return rows, values
    return merged.indices.to_numpy(zero_copy_only=False).astype(np.int32)[rows], merged.dictionary


def compact(rows: RowArray, vocabulary: Vocabulary) -> tuple[RowArray, Vocabulary]:
    """Drop the ids that no row has, and number the others by first appearance."""
    fresh, ids = _by_appearance(rows, vocabulary.ids)
    return fresh, Vocabulary(ids)


def _arrow(column: Any) -> Any:
    """A column as whole numbers or texts, or as codes of such."""
    import pyarrow as pa

    kind = column.type
    if pa.types.is_dictionary(kind):
        if pa.types.is_string(kind.value_type) or pa.types.is_int64(kind.value_type):
            return column
        values = _arrow(pa.chunked_array([chunk.dictionary for chunk in column.chunks], kind.value_type))
        return _recoded(column, values)
    if pa.types.is_integer(kind) or pa.types.is_floating(kind):
        return _whole_numbers(column)
    return column.cast(pa.string())


def _recoded(column: Any, values: Any) -> Any:
    """Codes with other values, which lie one below the other as the dictionaries do."""
    import pyarrow as pa

    chunks, start = [], 0
    for chunk in column.chunks:
        own = whole(values.slice(start, len(chunk.dictionary)))
        chunks.append(pa.DictionaryArray.from_arrays(chunk.indices, own))
        start += len(chunk.dictionary)
    return pa.chunked_array(chunks, pa.dictionary(column.type.index_type, values.type))


def _whole_numbers(column: Any) -> Any:
    """Decimals such as 12.0 are ids that passed through a table with gaps; 1.5 stays as it is written.

    What is not a number at all is missing: it makes no text of the other ids.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_floating(column.type):
        column = pc.if_else(pc.is_nan(column), pa.scalar(None, column.type), column)
    try:
        return column.cast(pa.int64())
    except pa.ArrowInvalid:
        return column.cast(pa.string())


def _by_appearance(rows: RowArray, values: Any) -> tuple[RowArray, Any]:
    """Order a dictionary by the first appearance of its values, without those that never appear."""
    if _is_by_appearance(rows, len(values)):
        return rows, values
    first = np.full(len(values), len(rows), dtype=np.int64)
    for start in reversed(range(0, len(rows), _BLOCK)):
        block = rows[start : start + _BLOCK]
        first[block[::-1]] = np.arange(start + len(block) - 1, start - 1, -1)
    order = np.argsort(first, kind="stable")[: np.count_nonzero(first < len(rows))]
    lookup = np.zeros(len(values), dtype=np.int32)
    lookup[order] = np.arange(len(order), dtype=np.int32)
    return lookup[rows], values.take(order)


_BLOCK = 1 << 22
"""Rows that are looked at together: columns may be long, and room for a copy dear."""


def _is_by_appearance(rows: RowArray, count: int) -> bool:
    """Whether each of `count` values appears, and later than those before it."""
    highest = -1
    for start in range(0, len(rows), _BLOCK):
        reached = np.maximum.accumulate(np.append(np.int32(highest), rows[start : start + _BLOCK]))
        if np.diff(reached).max(initial=0) > 1:
            return False
        highest = int(reached[-1])
    return highest == count - 1


def _first_null(column: Any) -> int:
    import pyarrow.compute as pc

    return int(pc.index(column.is_null(), True).as_py())


def _named(rows: RowArray, values: Any, what: str) -> Encoded:
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_integer(values.type):
        return Encoded(rows, Vocabulary(values.cast(pa.int64()).to_numpy(zero_copy_only=False)))
    trimmed = pc.utf8_trim_whitespace(values)
    _check_texts(rows, trimmed, what)
    spaced = int(pc.sum(pc.not_equal(trimmed, values)).as_py() or 0)
    bare = _without_decimals(trimmed)
    turned = int(pc.sum(pc.not_equal(bare, trimmed)).as_py() or 0)
    repairs = [
        Repair(kind, count, f"{count} {what} ids {message}")
        for kind, count, message in (
            ("spaces", spaced, "had spaces around them: removed"),
            ("decimals", turned, "were whole numbers written as decimals (12.0 is 12)"),
        )
        if count
    ]
    alike = (*_alike(bare, what), *doubts(rows, trimmed, what))
    if not repairs:
        return Encoded(rows, Vocabulary(_ids(values)), alike)
    merged = bare.dictionary_encode()
    lookup = merged.indices.to_numpy(zero_copy_only=False).astype(np.int32)
    return Encoded(lookup[rows], Vocabulary(_ids(merged.dictionary)), (*repairs, *alike))


_WHOLE = r"^(0|-?[1-9][0-9]{0,17})(\.0+)?$"


def _without_decimals(values: Any) -> Any:
    """Where all ids are whole numbers and some are written as decimals, 12.0 and 12 are one."""
    import pyarrow.compute as pc

    if not len(values) or not pc.all(pc.match_substring_regex(values, _WHOLE)).as_py():
        return values
    return pc.replace_substring_regex(values, r"\.0+$", "")


_INVISIBLE: dict[int, None] = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\u00ad\u200e\u200f"))


def _alike(values: Any, what: str) -> tuple[Repair, ...]:
    """Ids that look the same but differ in invisible characters or Unicode form are two: that is said."""
    import pyarrow.compute as pc

    if pc.all(pc.string_is_ascii(values)).as_py():
        return ()
    seen: dict[str, str] = {}
    pairs = []
    for name in values.to_pylist():
        first = seen.setdefault(_look(name), name)
        if first != name:
            pairs.append(f"{first!a} and {name!a}")
    if not pairs:
        return ()
    message = f"{len(pairs)} {what} ids look like others but are written otherwise ({pairs[0]}): kept apart"
    return (Repair("alike", len(pairs), message, warning=True),)


def _look(name: str) -> str:
    """How an id looks: without what can't be seen, in one Unicode form."""
    return " ".join(unicodedata.normalize("NFKC", name.translate(_INVISIBLE)).split())


def _ids(values: Any) -> npt.NDArray[np.int64] | npt.NDArray[np.str_]:
    import pyarrow as pa
    import pyarrow.compute as pc

    if len(values) and pc.all(pc.match_substring_regex(values, _CANONICAL)).as_py():
        numbers: npt.NDArray[np.int64] = values.cast(pa.int64()).to_numpy(zero_copy_only=False)
        return numbers
    return np.array(values.to_pylist(), dtype=np.str_)


def _check_texts(rows: RowArray, values: Any, what: str) -> None:
    import pyarrow.compute as pc

    lengths = pc.utf8_length(values)
    for wrong, reason in (
        (pc.equal(lengths, 0), "is missing"),
        (pc.greater(lengths, LONGEST), f"is longer than {LONGEST} characters"),
        (pc.match_substring(values, "\0"), "holds a zero character"),
    ):
        position = pc.index(wrong, True).as_py()
        if position >= 0:
            raise BadIdentifierError(int(np.argmax(rows == position)), what, reason)
