"""Pass events on to trackers, whose trouble never becomes the training's."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from core.contract import Receiver, Tracker
from core.errors import TastemapError
from core.protocol import Event

_log = logging.getLogger(__name__)


def with_trackers(
    emit: Receiver, trackers: Sequence[Tracker], config: dict[str, Any], folder: Path
) -> Receiver:
    """Give an `emit` that every tracker hears too; one that fails is logged and left out.

    A TastemapError at a tracker's start is raised, since the user asked for what can't be had.
    """
    receivers = {tracker.name: _start(tracker, config, folder) for tracker in trackers}

    def emit_to_all(event: Event) -> None:
        emit(event)
        for name, receive in list(receivers.items()):
            if receive is not None and not _hears(name, receive, event):
                receivers[name] = None

    return emit_to_all


def _start(tracker: Tracker, config: dict[str, Any], folder: Path) -> Receiver | None:
    try:
        return tracker.start(config, folder)
    except TastemapError:
        raise
    except Exception:  # noqa: BLE001 - a stranger's tracker may raise anything
        _log.exception("The tracker %s could not start and is left out.", tracker.name)
        return None


def _hears(name: str, receive: Receiver, event: Event) -> bool:
    try:
        receive(event)
    except Exception:  # noqa: BLE001
        _log.exception("The tracker %s failed and is left out.", name)
        return False
    return True
