"""Fetches named data sets into the cache: mirrors, resuming, checksums, licences."""

from __future__ import annotations

import hashlib
import shutil
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from core.contract import DataSource, NamedDataset
from core.data.fetching.downloading import Downloader, Progress, silent
from core.data.fetching.named import all_datasets, download_folder, fetched_path
from core.data.reading import check_location, reading_errors
from core.errors import DataError, UsageError
from core.files import make_folder, write_atomically
from core.options import suggest


@dataclass(frozen=True, kw_only=True)
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
    make_folder(download_folder())
    if from_file is not None:
        return _take(dataset, Path(from_file), path)
    return _there(dataset, path) or _download(dataset, path, Downloader(progress, timeout))


def _there(dataset: NamedDataset, path: Path) -> Fetched | None:
    """The file that was fetched before; one that was damaged since is removed, to be fetched again."""
    if not path.is_file():
        return None
    try:
        digest, told = _check_file(dataset, path, path)
    except DataError:
        path.unlink()
        return None
    return Fetched(
        name=dataset.name,
        path=str(path),
        sha256=digest,
        size=path.stat().st_size,
        message=f"already there; {told}",
    )


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
        part.chmod(0o600 | (source.stat().st_mode & 0o066))
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
    """Download beside `part`, in a file of this address's own: what a broken try left is resumed from."""
    mark = hashlib.sha256(url.encode()).hexdigest()[:8]
    downloader.download(url, part.with_name(f"{part.name}.{mark}"), part)


def _accept(dataset: NamedDataset, part: Path, path: Path, origin: str) -> Fetched:
    """Put a complete file in place; one that is damaged is removed, so that the next try starts afresh."""
    try:
        digest, told = _check_file(dataset, part, path)
    except DataError:
        part.unlink()
        raise
    _record(path, digest)
    part.replace(path)
    return Fetched(
        name=dataset.name,
        path=str(path),
        sha256=digest,
        size=path.stat().st_size,
        message=f"{origin}; {told}",
    )


AGAIN = "Fetch it again, or download by hand and use --from-file."


def _check_file(dataset: NamedDataset, path: Path, final: Path) -> tuple[str, str]:
    """Check a file that is to lie at `final`; returns its SHA-256 and what there is to say about it.

    Compares with the published checksum or, without one, with the one recorded at the first fetch.
    Raises DataError for a damaged archive and for another checksum.
    """
    if final.suffix == ".zip":
        _check_archive(path)
    digest = _file_sha256(path)
    published, recorded = dataset.edition.sha256, _recorded(final)
    if published and digest != published:
        message = f"{dataset.name}: its SHA-256 {digest} is not the published checksum {published}."
        raise DataError(message, hint=AGAIN)
    if recorded and not published and digest != recorded:
        message = (
            f"{dataset.name}: its SHA-256 {digest} is not the checksum seen at the first fetch, {recorded}."
        )
        hint = f"The file is damaged or has changed; remove {_record_path(final)} to accept the change."
        raise DataError(message, hint=hint)
    if published or recorded:
        return digest, "its checksum is the expected one"
    return digest, "no published checksum is known: recorded the one seen"


def _record(final: Path, digest: str) -> None:
    """Keep the checksum of a file that was accepted."""
    write_atomically(_record_path(final), f"{digest}\n".encode())


def _file_sha256(path: Path) -> str:
    """The SHA-256 of a file, in hex."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _check_archive(path: Path) -> None:
    """Unpack every member into nothing, which checks their own checksums."""
    try:
        with zipfile.ZipFile(path) as archive:
            broken = archive.testzip()
    except Exception as error:
        # A damaged archive makes zipfile and the decompressors raise nearly anything.
        raise DataError(f"what arrived is a damaged archive or none ({error}).", hint=AGAIN) from error
    if broken is not None:
        raise DataError(f"the archive is damaged at {broken!r}.", hint=AGAIN)


def _record_path(final: Path) -> Path:
    return final.with_name(final.name + ".sha256")


def _recorded(final: Path) -> str | None:
    path = _record_path(final)
    return path.read_text(encoding="ascii").strip() if path.is_file() else None
