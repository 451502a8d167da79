"""The named data sets that can be fetched, and where they lie once they are."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from core.contract import DataSource, Edition, NamedDataset
from core.errors import DataError, UsageError
from core.files import cache_folder, expanded

_GROUPLENS = "https://files.grouplens.org/datasets/movielens/"
_LICENCE = (
    "MovieLens data by GroupLens Research, University of Minnesota. For research use: not for commercial or "
    "revenue-bearing purposes without their permission; no endorsement may be implied; publications cite "
    "F. M. Harper and J. A. Konstan (2015), The MovieLens Datasets, ACM TiiS 5, 4. "
    "Redistribution is limited. The README in the archive holds the full terms, and they bind. "
    "This summary was written from memory and has not been compared with them."
)
# Counts and years are from memory too, and checksums are unknown: compare them when next online.
_MOVIELENS = {
    "ml-100k": "100,000 ratings of 1,682 films by 943 people, 1998, with official folds",
    "ml-1m": "1 million ratings of 3,706 films by 6,040 people, 2003",
    "ml-10m": "10 million ratings of 10,677 films by 69,878 people, 2009",
    "ml-20m": "20 million ratings of 26,744 films by 138,493 people, 2015",
    "ml-25m": "25 million ratings of 59,047 films by 162,541 people, 2019",
    "ml-32m": "32 million ratings of 84,432 films by 200,948 people, 2023",
    "ml-latest-small": "100,836 ratings of 9,724 films by 610 people, 2018",
    "ml-latest": "the newest full export; it changes from time to time",
}


def _builtin_datasets() -> tuple[NamedDataset, ...]:
    """List the data sets that Tastemap knows by name, without a checksum that nobody vouched for."""
    return tuple(
        NamedDataset(
            name=name,
            description=f"MovieLens: {description}.",
            edition=Edition((f"{_GROUPLENS}{name}.zip",), f"{name}.zip"),
            licence=_LICENCE,
            homepage="https://grouplens.org/datasets/movielens/",
        )
        for name, description in _MOVIELENS.items()
    )


def all_datasets(sources: Sequence[DataSource] = ()) -> dict[str, NamedDataset]:
    """Give the data sets by name, those of plugins included; raises UsageError for a name given twice."""
    found: dict[str, NamedDataset] = {}
    for dataset in (
        *_builtin_datasets(),
        *(source for source in sources if isinstance(source, NamedDataset)),
    ):
        if dataset.name in found or dataset.name == "demo":
            raise UsageError(f"Two data sets are named {dataset.name!r}.", hint="Remove one of the plugins.")
        found[dataset.name] = dataset
    return found


def find_named(source: str, sources: Sequence[DataSource] = ()) -> NamedDataset | None:
    """Find a data set by its name; a file or folder of that name comes first, as does any other path."""
    if expanded(source).exists():
        return None
    return all_datasets(sources).get(source)


def download_folder() -> Path:
    """The folder of fetched data sets in the cache folder."""
    return cache_folder() / "datasets"


def fetched_path(dataset: NamedDataset) -> Path:
    """Where a data set lies once it is fetched."""
    return download_folder() / dataset.edition.file_name


def fetched_file(dataset: NamedDataset) -> Path:
    """The fetched file; raises DataError where it wasn't fetched yet."""
    path = fetched_path(dataset)
    if not path.is_file():
        hint = f"Fetch it with `tastemap data fetch {dataset.name}`."
        raise DataError(f"the data set {dataset.name!r} is not on this machine yet.", hint=hint)
    return path


def list_datasets(sources: Sequence[DataSource] = ()) -> list[dict[str, object]]:
    """List the demo set and the named data sets with licence and place; ready for JSON."""
    demo = {
        "name": "demo",
        "description": "700 synthetic viewers of 431 real films; comes with Tastemap.",
        "licence": "Part of Tastemap.",
        "homepage": "",
        "fetched": True,
        "path": None,
    }
    return [demo, *(_told(dataset) for dataset in all_datasets(sources).values())]


def _told(dataset: NamedDataset) -> dict[str, object]:
    path = fetched_path(dataset)
    return {
        "name": dataset.name,
        "description": dataset.description,
        "licence": dataset.licence,
        "homepage": dataset.homepage,
        "fetched": path.is_file(),
        "path": str(path) if path.is_file() else None,
    }
