"""Decide who hears the events of a training that Python started."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from core.protocol import Event

Told = Callable[[Event], None]


@contextmanager
def shown(on_event: Told | None, progress: bool | None) -> Iterator[Told]:
    """Give what receives every event: `on_event`, after the display that `progress` asks for.

    None: live in a notebook and nothing elsewhere. True: as lines on standard error elsewhere. False: none.
    """
    displays = [] if progress is False else [*_displays(progress)]

    def tell(event: Event) -> None:
        for one in (*displays, on_event):
            if one is not None:
                one(event)

    yield tell


def _displays(progress: bool | None) -> Iterator[Told]:
    if in_notebook():
        from core.notebook._live import Live

        yield Live().show
    elif progress:
        from core.notebook._lines import show_line

        yield show_line


def in_notebook() -> bool:
    """Whether this process is the kernel of a notebook, which shows HTML and updates it in place."""
    ipython: Any = sys.modules.get("IPython")
    shell = None if ipython is None else ipython.get_ipython()
    return shell is not None and getattr(shell, "kernel", None) is not None
