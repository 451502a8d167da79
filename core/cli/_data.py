"""What the `tastemap data` commands do."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from core.cli._output import print_json
from core.contract import load_plugins
from core.data import Ratings, convert, describe, load_ratings
from core.data.fetching import Progress, all_datasets, fetch, list_datasets, silent
from core.errors import UsageError


def print_datasets(plugins: Sequence[Path], as_json: bool) -> None:
    """Print the data sets that have a name."""
    datasets = list_datasets(load_plugins(plugins).data_sources)
    if as_json:
        print_json(datasets)
        return
    for dataset in datasets:
        here = "here " if dataset["fetched"] else "     "
        print(f"{dataset['name']:<16} {here} {dataset['description']}")


def print_description(
    source: str, options: Mapping[str, object], plugins: Sequence[Path], as_json: bool
) -> None:
    """Print what a table holds and how it was read."""
    told = describe(_load(source, options, plugins))
    if as_json:
        print_json(told)
        return
    scale = told.pop("scale")
    repairs, reading, warnings = told.pop("repairs"), told.pop("reading"), told.pop("warnings")
    assert isinstance(scale, dict), scale  # noqa: S101 - describe() promises it
    for name, value in {**told, "scale": f"{scale['minimum']:g} … {scale['maximum']:g}"}.items():
        print(f"{name.replace('_', ' '):<14} {_plain(value)}")
    for name, value in _chosen(reading).items():
        print(f"{'read with':<14} {name} = {value}")
    for message in _repair_messages({"repairs": repairs}):
        print(f"{'repaired':<14} {message}")
    for message in _repair_messages({"repairs": warnings}):
        print(f"{'warning':<14} {message}")


def fetch_dataset(
    name: str, from_file: Path | None, accept_licence: bool, plugins: Sequence[Path], as_json: bool
) -> None:
    """Fetch a data set once its licence is accepted, with a progress bar where a person watches."""
    sources = load_plugins(plugins).data_sources
    known = all_datasets(sources)
    accepted = accept_licence or (name in known and _ask(known[name].licence))
    with _progress_bar(name) as progress:
        fetched = fetch(
            name, accept_licence=accepted, from_file=from_file, progress=progress, sources=sources
        )
    if as_json:
        print_json(asdict(fetched))
    else:
        print(f"{fetched.path}\n{fetched.size:,} bytes, {fetched.message}")
        print(f"Train on it: tastemap train --data {name}")


def convert_table(
    source: str,
    target: Path,
    overwrite: bool,
    options: Mapping[str, object],
    plugins: Sequence[Path],
    as_json: bool,
) -> None:
    """Write a table in another form."""
    written = convert(_load(source, options, plugins), target, overwrite)
    if as_json:
        print_json(written)
    else:
        print(f"{written['rows']:,} ratings in {written['ratings']}, titles in {written['items']}")


def _repair_messages(data: dict[str, Any] | Any) -> list[str]:
    """The stated repairs in a description of a table."""
    return [str(repair["message"]) for repair in data.get("repairs", [])]


def _load(source: str, reading: Mapping[str, object], plugins: Sequence[Path]) -> Ratings:
    return load_ratings(source, reading, sources=load_plugins(plugins).data_sources)


_UNSAID: tuple[object, ...] = ("", None, 0, [], ())


def _chosen(reading: object) -> dict[str, object]:
    values = reading if isinstance(reading, dict) else {}
    return {name: value for name, value in values.items() if value not in _UNSAID and name != "source"}


def _plain(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, list):
        return " … ".join(map(str, value))
    return f"{value:,}" if isinstance(value, int) else str(value)


def _ask(licence: str) -> bool:
    """Show the licence and ask, where a person can answer; elsewhere it is not accepted."""
    if not sys.stdin.isatty():
        return False
    print(licence, file=sys.stderr)
    print("Accept this licence? [y/N] ", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip().lower() in {"y", "yes"}:
        return True
    raise UsageError("The licence was not accepted; nothing was fetched.")


@contextmanager
def _progress_bar(name: str) -> Iterator[Progress]:
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress as Bar, TextColumn, TransferSpeedColumn

    console = Console(stderr=True)
    if not console.is_terminal:
        yield silent
        return
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Bar(*columns, console=console, transient=True) as bar:
        task = bar.add_task(name, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
