"""Words that stand for no id, as in NULL: missing among numbers, and doubtful among names."""

from __future__ import annotations

from typing import Any

from core.array_types import RowArray
from core.contract import Repair
from core.data.checking._clean import chunked
from core.data.reading import MISSING, is_number

_WORDS = ("NULL", "null", "NaN", "nan", "-nan", "<NA>", "None", "none", "#N/A", "N/A", "n/a", "\\N")
"""What no person and nothing is called, or hardly."""


def words_to_null(column: Any, skips: bool) -> Any:
    """A column of ids without words that stand for none: all usual ones where the other ids are numbers.

    Among texts they are ids, unless rows without an id are to be skipped.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    column = chunked(column)
    coded = pa.types.is_dictionary(column.type)
    if not pa.types.is_string(column.type.value_type if coded else column.type):
        return column
    texts = pa.chunked_array([chunk.dictionary for chunk in column.chunks], pa.string()) if coded else column
    if not pc.any(pc.is_in(texts, pa.array([word for word in MISSING if word]))).as_py():
        return column  # which is what most are; to trim and compare all costs more
    distinct = [one for one in pc.unique(pc.utf8_trim_whitespace(texts)).to_pylist() if one]
    words = _missing_words(distinct, skips)
    if not words:
        return column
    return pa.chunked_array([_without(chunk, pa.array(words)) for chunk in column.chunks], column.type)


def _missing_words(distinct: list[str], skips: bool) -> list[str]:
    words = [one for one in distinct if one in MISSING]
    if not words:
        return []
    others = [one for one in distinct if one not in MISSING]
    if others and all(map(is_number, others)):
        return words
    return [one for one in words if one in _WORDS] if skips else []


def _without(chunk: Any, words: Any) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    if not pa.types.is_dictionary(chunk.type):
        return pc.if_else(_are(chunk, words), pa.scalar(None, chunk.type), chunk)
    there = pc.invert(_are(chunk.dictionary, words)).take(chunk.indices).fill_null(False)
    indices = pc.if_else(there, chunk.indices, pa.scalar(None, chunk.indices.type))
    return pa.DictionaryArray.from_arrays(indices, chunk.dictionary)


def _are(texts: Any, words: Any) -> Any:
    import pyarrow.compute as pc

    return pc.is_in(pc.utf8_trim_whitespace(texts), words).fill_null(False)


def doubts(rows: RowArray, values: Any, what: str) -> tuple[Repair, ...]:
    """Warn of texts among ids that may stand for none, or that a spreadsheet shortened.

    `values` are the distinct ids, `rows` say which each row has: all rows without an id, or of ids that begin
    alike, would be of one user or item.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    words = pc.is_in(values, pa.array(_WORDS)).to_numpy(zero_copy_only=False)
    shortened = pc.match_substring_regex(values, _SHORTENED).to_numpy(zero_copy_only=False)
    told = []
    for doubtful, doubt in (
        (words, "if that stands for none, --missing skip leaves them out"),
        (shortened, "a spreadsheet has shortened it, so that other ids may have become the same"),
    ):
        if not doubtful.any():
            continue
        count = int(doubtful[rows].sum())
        example = values[int(doubtful.argmax())].as_py()
        told.append(
            Repair("doubtful", count, f"the {what} is {example!r} in {count} rows: {doubt}", warning=True)
        )
    return tuple(told)


_SHORTENED = r"^\d(\.\d+)?[eE]\+\d+$"
_EXACT = 2.0**53


def beyond_decimals(column: Any, what: str) -> tuple[Repair, ...]:
    """Warn of whole numbers in a column of decimals that are too large to be told apart there."""
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    if not pa.types.is_floating(kind):
        return ()
    values = pa.chunked_array([c.dictionary for c in column.chunks]) if kind != column.type else column
    whole = values.cast(pa.float64())
    largest = pc.max(pc.abs(whole.filter(pc.is_finite(whole)))).as_py() or 0
    if largest < _EXACT:
        return ()
    message = (
        f"{what} ids up to {largest:.0f} are decimals, which don't tell neighbours apart: write them as texts"
    )
    return (Repair("doubtful", len(column), message, warning=True),)
