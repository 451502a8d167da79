"""Fetch a data set from the Train screen: ask for its licence, show progress, say what went wrong."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from textual.message import Message
from textual.widget import Widget
from textual.worker import get_current_worker

from core.contract.plugins import Registry
from core.errors import TastemapError
from tui.train.datasets import Offer, fetch_dataset

REPORT_SECONDS = 0.2


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


class FetchAbandonedError(Exception):
    """The app quits while something is fetched."""


def start_fetching(owner: Widget, offer: Offer, registry: Registry) -> None:
    """Fetch in a thread; Fetching and Fetched messages tell the owner."""
    work = partial(_fetch, owner, offer.name, registry)
    owner.run_worker(work, name=offer.name, group="fetch", exclusive=True, thread=True)


def _fetch(owner: Widget, name: str, registry: Registry) -> None:
    try:
        fetch_dataset(name, registry, _reporter(owner, name))
    except FetchAbandonedError:
        return
    except TastemapError as error:
        owner.post_message(Fetched(name, error.message, error.hint))
    else:
        owner.post_message(Fetched(name))


def _reporter(owner: Widget, name: str) -> Callable[[int, int | None], None]:
    worker, told = get_current_worker(), [0.0]

    def report(done: int, total: int | None) -> None:
        if worker.is_cancelled:
            raise FetchAbandonedError
        if time.monotonic() - told[0] > REPORT_SECONDS:
            told[0] = time.monotonic()
            owner.post_message(Fetching(name, done, total))

    return report
