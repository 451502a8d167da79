"""Fetches named data sets into the cache: mirrors, resuming, checksums, licences."""

from __future__ import annotations

import hashlib
import shutil
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

from core.datasets.contract import DataSource, NamedDataset
from core.datasets.downloading import Downloader, Progress, silent
from core.datasets.named import all_datasets, download_folder, fetched_path
from core.datasets.opening import check_location
from core.errors import DataError, UsageError
from core.options import suggest


@dataclass(frozen=True)
class Fetched:
    """A fetched data set: its file, its SHA-256, and what there is to tell about it."""

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
    DataError for a failed download or a wrong checksum. A data set that is there already is only checked.
    """
    dataset = _find(name, sources)
    if not accept_licence:
        raise UsageError(
            f"The licence of {name} has to be accepted: {dataset.licence}", hint="Accept it to go on."
        )
    path = fetched_path(dataset)
    download_folder().mkdir(parents=True, exist_ok=True)
    if path.is_file() and from_file is None:
        return _check(dataset, path, "already there")
    part = path.with_name(path.name + ".part")
    if from_file is not None:
        _copy(Path(from_file), part)
        origin = f"taken from {from_file}"
    else:
        origin = f"fetched from {_download(dataset, part, Downloader(progress, timeout))}"
    return _accept(dataset, part, path, origin)


def _find(name: str, sources: Sequence[DataSource]) -> NamedDataset:
    known = all_datasets(sources)
    if name not in known:
        raise UsageError(f"There is no data set {name!r} to fetch.", hint=suggest(name, known))
    return known[name]


def _copy(source: Path, part: Path) -> None:
    check_location(source)
    if not source.is_file():
        raise DataError("a file is expected, not a folder.", path=str(source))
    shutil.copyfile(source, part)


def _download(dataset: NamedDataset, part: Path, downloader: Downloader) -> str:
    """Try the mirrors in turn; returns the address that gave the file."""
    failures = []
    for url in dataset.edition.urls:
        try:
            _retrieve(url, part, downloader)
            return url
        except DataError as error:
            failures.append(error)
    reasons = " ".join(failure.message for failure in failures)
    hint = failures[-1].hint or "Try again later, or download by hand and use from_file."
    raise DataError(f"{dataset.name} could not be fetched. {reasons}", hint=hint)


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
        fetched = _check(dataset, part, origin)
    except DataError:
        part.unlink()
        raise
    _record(path, fetched.sha256)
    part.replace(path)
    return Fetched(fetched.name, str(path), fetched.sha256, fetched.size, fetched.message)


def _check(dataset: NamedDataset, path: Path, origin: str) -> Fetched:
    """Compare with the published checksum or, without one, with the checksum seen at the first fetch."""
    if path.name.endswith((".zip", ".zip.part")):
        _check_archive(path)
    digest = file_sha256(path)
    recorded = _recorded(fetched_path(dataset))
    expected = dataset.edition.sha256 or recorded
    if expected and digest != expected:
        kind = "published checksum" if dataset.edition.sha256 else "checksum seen at the first fetch"
        message = f"{dataset.name}: SHA-256 {digest} is not the {kind} {expected}."
        record = _record_path(fetched_path(dataset))
        hint = f"The file is damaged or has changed; remove {record} to accept a change."
        raise DataError(message, hint="Fetch it again." if dataset.edition.sha256 else hint)
    told = (
        "its checksum is the expected one"
        if expected
        else "no published checksum is known: recorded the one seen"
    )
    return Fetched(dataset.name, str(path), digest, path.stat().st_size, f"{origin}; {told}")


def _check_archive(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            broken = archive.testzip()
    except zipfile.BadZipFile as error:
        raise DataError(
            f"what arrived is no complete zip archive ({error}).", hint="Fetch it again."
        ) from error
    except OSError as error:
        raise DataError(f"can't be read ({error}).", path=str(path)) from error
    except Exception as error:
        raise DataError(f"the archive is damaged ({error}).", hint="Fetch it again.") from error
    if broken is not None:
        raise DataError(f"the archive is damaged at {broken!r}.", hint="Fetch it again.")


def file_sha256(path: Path) -> str:
    """The SHA-256 of a file, in hex."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _record_path(path: Path) -> Path:
    return path.with_name(path.name + ".sha256")


def _record(path: Path, digest: str) -> None:
    _record_path(path).write_text(digest + "\n", encoding="ascii")


def _recorded(path: Path) -> str | None:
    record = _record_path(path)
    return record.read_text(encoding="ascii").strip() if record.is_file() else None
