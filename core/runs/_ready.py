"""What questions to a run need, kept ready as plain arrays in the cache folder: asking again parses nothing.

A run's ids and titles are Parquet, which takes longer to load the library of than to read, and its ratings a
table of the user's, to be read and split again. Both are kept as they came out, for as long as the files that
they came from are unchanged.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import logging
import shutil
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import numpy as np

from core.contract import Arrays, ItemTable, Repair
from core.data import Ratings, RatingScale, Vocabulary
from core.errors import TastemapError
from core.files import require_regular
from core.model import Baseline, RatedTable
from core.runs._arrays import read_arrays, write_arrays
from core.shelf import DAMAGES, Shelf

Vocabularies = tuple[Vocabulary, Vocabulary, ItemTable, Baseline]
Known = tuple[Vocabulary, Vocabulary, ItemTable]
"""The users, items and titles of a run."""
T = TypeVar("T")

_FORMAT = 1
_VOCABULARIES, _RATED = Shelf("vocabularies", kept=64), Shelf("splits", kept=16)
_ARRAYS, _TEXTS = "arrays.safetensors", "texts.json"
_MOST_IDS = 300_000
"""More ids are read from Parquet as quickly."""

_log = logging.getLogger("tastemap")


def ready_vocabularies(
    files: tuple[Path, Path], mean: float, scale: RatingScale, read: Callable[[], Vocabularies]
) -> Vocabularies:
    """The users and items of a run as they were kept, else as `read` gives them from its two files."""
    for file in files:
        require_regular(file)
    name = _key([str(file.absolute()) for file in files])
    found = _find(_VOCABULARIES, name, lambda folder, _: _vocabularies(folder, mean, scale))
    if found is None:
        found = read()
        if len(found[0]) + len(found[1]) <= _MOST_IDS:
            _keep(_VOCABULARIES, name, files, {}, *_of_vocabularies(found))
    return found


def _of_vocabularies(found: Vocabularies) -> tuple[Arrays, Mapping[str, Any]]:
    users, items, table, baseline = found
    arrays: Arrays = {
        "years": table.years,
        **{name: getattr(baseline, name) for name in _MEANS},
        **{name: ids.ids for name, ids in (("users", users), ("items", items)) if ids.ids.dtype.kind != "U"},
    }
    texts = {
        name: ids.ids.tolist() for name, ids in (("users", users), ("items", items)) if name not in arrays
    }
    return arrays, {**texts, "titles": table.titles, "genres": table.genres, "tags": table.tags}


_MEANS = ("user_counts", "item_counts", "user_offsets", "item_offsets")


def _vocabularies(folder: Path, mean: float, scale: RatingScale) -> Vocabularies:
    arrays, texts = _read(folder)
    users, items = (
        Vocabulary(arrays[name] if name in arrays else np.array(texts[name], np.str_))  # type: ignore[arg-type]
        for name in ("users", "items")
    )
    genres, tags = (tuple(map(tuple, texts[name])) for name in ("genres", "tags"))
    table = ItemTable(tuple(texts["titles"]), genres, arrays["years"], tags)  # type: ignore[arg-type]
    return users, items, table, Baseline(mean, scale, *(arrays[name] for name in _MEANS))  # type: ignore[arg-type]


def ready_split(asked: Mapping[str, Any], known: Known) -> RatedTable | None:
    """The table and its split as they were kept, with a run's own ids and titles; None where they weren't.

    `asked` says what was read, how, and the hashes of table and split.
    """
    return _find(_RATED, _key(asked), lambda folder, facts: _rated(folder, facts, known))


def keep_split(asked: Mapping[str, Any], rated: RatedTable, files: Iterable[Path]) -> None:
    """Keep a table that was read from some files and split; a cache that can't be written is no error."""
    table = rated.ratings
    columns = {name: getattr(table, name) for name in _COLUMNS if getattr(table, name) is not None}
    scale = table.scale
    facts = {
        **{name: getattr(table, name) for name in _FACTS},
        "scale": [scale.minimum, scale.maximum, scale.step],
        **{name: [list(dataclasses.astuple(one)) for one in getattr(table, name)] for name in _TOLD},
    }
    _keep(_RATED, _key(asked), files, facts, {**columns, "parts": rated.parts}, {})


_COLUMNS = ("users", "items", "ratings", "timestamps")
_FACTS = ("name", "source", "kind", "reading", "held_out", "fingerprint")
_TOLD = ("repairs", "warnings")


def _rated(folder: Path, facts: Mapping[str, Any], known: Known) -> RatedTable:
    arrays: Any = _read(folder)[0]
    told: dict[str, Any] = {name: tuple(Repair(*one) for one in facts[name]) for name in _TOLD}
    columns: dict[str, Any] = {name: arrays.get(name) for name in _COLUMNS}
    table = Ratings(
        **{name: facts[name] for name in _FACTS if name != "fingerprint"},
        **columns,
        **told,
        user_vocabulary=known[0],
        item_vocabulary=known[1],
        item_table=known[2],
        scale=RatingScale(*facts["scale"]),
    )
    # the checksums fit, so it is that of the table that was kept
    table.__dict__["fingerprint"] = str(facts["fingerprint"])
    return RatedTable(table, arrays["parts"])


def _key(asked: object) -> str:
    return hashlib.sha256(json.dumps([_FORMAT, asked], sort_keys=True).encode()).hexdigest()[:32]


def _find(shelf: Shelf, name: str, read: Callable[[Path, Mapping[str, Any]], T]) -> T | None:
    """What was kept under a name; what is damaged is removed, and that is said."""
    folder = shelf.folder / name
    if not folder.is_dir():
        return None
    try:
        facts = shelf.facts(folder)
        return None if facts is None else read(folder, facts)
    except (*DAMAGES, TastemapError) as error:
        shutil.rmtree(folder, ignore_errors=True)
        reason = f"{type(error).__name__}: {error}".splitlines()[0][:200]
        _log.warning("what was kept ready in the cache was damaged (%s): read again", reason)
        return None


def _read(folder: Path) -> tuple[Arrays, dict[str, Any]]:
    arrays, _ = read_arrays(folder / _ARRAYS)
    return arrays, msgspec.json.decode((folder / _TEXTS).read_bytes(), type=dict[str, Any])


def _keep(
    shelf: Shelf,
    name: str,
    files: Iterable[Path],
    facts: Mapping[str, Any],
    arrays: Arrays,
    texts: Mapping[str, Any],
) -> None:
    def write(folder: Path) -> None:
        write_arrays(folder / _ARRAYS, arrays, {})
        (folder / _TEXTS).write_bytes(msgspec.json.encode(texts))

    try:
        shelf.put(name, files, facts, write)
    except (*DAMAGES, TastemapError) as error:
        _log.debug("nothing is kept ready in %s: %s", shelf.folder, error)
