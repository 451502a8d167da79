"""The data sets that can be chosen without typing a path, and how one is fetched."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from textual.message import Message
from textual.widget import Widget
from textual.worker import get_current_worker

from core.contract import Registry
from core.errors import TastemapError, UsageError


@dataclass(frozen=True)
class Offer:
    """A data set by the name to train on; `here` says whether it needs no fetching, `licence` what binds."""

    name: str
    description: str
    here: bool = True
    licence: str = ""

    @property
    def explanation(self) -> str:
        """What the picker says beside the name."""
        return self.description if self.here else f"{self.description} To be fetched."


_DEMO = Offer("demo", "Real films, made-up viewers: synthetic ratings, built in, at once.")


def offered_datasets(registry: Registry, recent: Sequence[str] = ()) -> list[Offer]:
    """The tables used before, the demo set, then every named set; raises UsageError for a name given twice.

    Imports the readers, so it is not for the first frame.
    """
    from core.data.fetching import all_datasets, fetched_path

    named = {
        name: Offer(name, dataset.description, fetched_path(dataset).exists(), dataset.licence)
        for name, dataset in all_datasets(registry.data_sources).items()
    }
    built_in = {_DEMO.name: _DEMO, **named}
    used = {name: built_in.get(name) or Offer(name, _used(name)) for name in recent}
    return list({**used, **built_in}.values())


def _used(name: str) -> str:
    """What is said of a table that was trained on before."""
    return "Trained on before." if "://" in name or Path(name).exists() else "Trained on before; it is gone."


def fetch_dataset(name: str, registry: Registry, progress: Callable[[int, int | None], None]) -> str:
    """Fetch a named data set whose licence was accepted; returns where it lies. Raises TastemapError."""
    from core.data.fetching import fetch

    fetched = fetch(name, accept_licence=True, progress=progress, sources=registry.data_sources)
    return str(fetched.path)


def known_names(registry: Registry, recent: Sequence[str]) -> list[str]:
    """What may be typed as data: the tables used before, then the sets that have a name."""
    try:
        offers = offered_datasets(registry, recent)
    except UsageError:
        return list(recent)  # the picker (d) tells what is wrong with the plugins
    return [offer.name for offer in offers]


_REPORT_SECONDS = 0.2


@dataclass
class Fetching(Message):
    """So much has arrived; `total` where the server tells it."""

    name: str
    done: int
    total: int | None

    @property
    def words(self) -> str:
        """`Fetching ml-1m: 54% of 5.9 MB`."""
        if not self.total:
            return f"Fetching {self.name}: {self.done / 1e6:.1f} MB"
        return f"Fetching {self.name}: {self.done / self.total:.0%} of {self.total / 1e6:.1f} MB"


@dataclass
class Fetched(Message):
    """The data set is there, or `problem` and `hint` say why not."""

    name: str
    problem: str = ""
    hint: str = ""


class _FetchAbandonedError(Exception):
    """The app quits while something is fetched."""


def start_fetching(owner: Widget, offer: Offer, registry: Registry) -> None:
    """Fetch in a thread; Fetching and Fetched messages tell the owner."""
    work = partial(_fetch, owner, offer.name, registry)
    owner.run_worker(work, name=offer.name, group="fetch", exclusive=True, thread=True)


def _fetch(owner: Widget, name: str, registry: Registry) -> None:
    try:
        fetch_dataset(name, registry, _reporter(owner, name))
    except _FetchAbandonedError:
        return
    except TastemapError as error:
        owner.post_message(Fetched(name, error.message, error.hint))
    else:
        owner.post_message(Fetched(name))


def _reporter(owner: Widget, name: str) -> Callable[[int, int | None], None]:
    worker, reported = get_current_worker(), [0.0]

    def report(done: int, total: int | None) -> None:
        if worker.is_cancelled:
            raise _FetchAbandonedError
        if time.monotonic() - reported[0] > _REPORT_SECONDS:
            reported[0] = time.monotonic()
            owner.post_message(Fetching(name, done, total))

    return report
