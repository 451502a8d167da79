"""Fetches named data sets into the cache: mirrors, resuming, checksums, licences."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

from core.contract.data import DataSource, NamedDataset
from core.data.fetching.checksums import check_file, record
from core.data.fetching.downloading import Downloader, Progress, silent
from core.data.fetching.named import all_datasets, download_folder, fetched_path
from core.data.reading.location import check_location, reading_errors
from core.errors import DataError, UsageError
from core.options import suggest


@dataclass(frozen=True)
class Fetched:
    """A fetched data set: its file, its SHA-256 and what there is to tell; `asdict` makes it JSON."""

    name: str
    path: str
    sha256: str
    size: int
    message: str


def fetch(
    name: str,
    *,
    accept_licence: bool = False,
    from_file: str | Path | None = None,
    progress: Progress = silent,
    timeout: float = 20.0,
    sources: Sequence[DataSource] = (),
) -> Fetched:
    """Fetch a named data set, from the first mirror that gives it or from a file downloaded by hand.

    Raises UsageError for an unknown name or a licence not accepted (its text is in the message), and
    DataError for a failed download or a wrong checksum. A data set that is there already is only checked,
    and fetched again where it is damaged.
    """
    dataset = _find(name, sources)
    if not accept_licence:
        raise UsageError(
            f"The licence of {name} has to be accepted: {dataset.licence}", hint="Accept it to go on."
        )
    path = fetched_path(dataset)
    download_folder().mkdir(parents=True, exist_ok=True)
    if from_file is not None:
        return _take(dataset, Path(from_file), path)
    return _there(dataset, path) or _download(dataset, path, Downloader(progress, timeout))


def _there(dataset: NamedDataset, path: Path) -> Fetched | None:
    """The file that was fetched before; one that was damaged since is removed, to be fetched again."""
    if not path.is_file():
        return None
    try:
        digest, told = check_file(dataset, path, path)
    except DataError:
        path.unlink()
        return None
    return Fetched(dataset.name, str(path), digest, path.stat().st_size, f"already there; {told}")


def _find(name: str, sources: Sequence[DataSource]) -> NamedDataset:
    known = all_datasets(sources)
    if name not in known:
        raise UsageError(f"There is no data set {name!r} to fetch.", hint=suggest(name, known))
    return known[name]


def _take(dataset: NamedDataset, source: Path, path: Path) -> Fetched:
    check_location(source)
    if not source.is_file():
        raise DataError("a file is expected, not a folder.", path=str(source))
    part = path.with_name(path.name + ".part")
    with reading_errors(source):
        shutil.copyfile(source, part)
    return _accept(dataset, part, path, f"taken from {source}")


def _download(dataset: NamedDataset, path: Path, downloader: Downloader) -> Fetched:
    """Try the mirrors in turn; raises DataError with the reasons of all where none gives the right file."""
    part = path.with_name(path.name + ".part")
    failures = [DataError("it has no address.", hint="Use --from-file.")] if not dataset.edition.urls else []
    for url in dataset.edition.urls:
        try:
            _retrieve(url, part, downloader)
            return _accept(dataset, part, path, f"fetched from {url}")
        except DataError as error:
            failures.append(error)
    reasons = " ".join(failure.message for failure in failures)
    hint = failures[-1].hint or "Try again later, or download by hand and use --from-file."
    raise DataError(f"{dataset.name} could not be fetched: {reasons}", hint=hint)


def _retrieve(url: str, part: Path, downloader: Downloader) -> None:
    """Let pooch download into a temporary file of its own; what a broken try left is kept to resume from."""
    import pooch

    mark = hashlib.sha256(url.encode()).hexdigest()[:8]
    resumable = part.with_name(f"{part.name}.{mark}")

    def download(address: str, output_file: str, _: object) -> None:
        downloader(address, output_file, SimpleNamespace(part_file=str(resumable)))

    part.unlink(missing_ok=True)
    pooch.get_logger().setLevel("ERROR")
    pooch.retrieve(url, known_hash=None, fname=part.name, path=part.parent, downloader=download)


def _accept(dataset: NamedDataset, part: Path, path: Path, origin: str) -> Fetched:
    """Put a complete file in place; one that is damaged is removed, so that the next try starts afresh."""
    try:
        digest, told = check_file(dataset, part, path)
    except DataError:
        part.unlink()
        raise
    record(path, digest)
    part.replace(path)
    return Fetched(dataset.name, str(path), digest, path.stat().st_size, f"{origin}; {told}")
