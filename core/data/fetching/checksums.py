"""Checks fetched files: archives that must be whole, checksums that are published or were seen before."""

from __future__ import annotations

import hashlib
import zipfile
from pathlib import Path

from core.contract.data import NamedDataset
from core.errors import DataError

AGAIN = "Fetch it again, or download by hand and use --from-file."


def check_file(dataset: NamedDataset, path: Path, final: Path) -> tuple[str, str]:
    """Check a file that is to lie at `final`; returns its SHA-256 and what there is to say about it.

    Compares with the published checksum or, without one, with the one recorded at the first fetch.
    Raises DataError for a damaged archive and for another checksum.
    """
    if final.suffix == ".zip":
        _check_archive(path)
    digest = file_sha256(path)
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


def record(final: Path, digest: str) -> None:
    """Keep the checksum of a file that was accepted."""
    _record_path(final).write_text(digest + "\n", encoding="ascii")


def file_sha256(path: Path) -> str:
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
