"""Pass events on to trackers, whose trouble never becomes the training's."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any

from core.events import Event

_log = logging.getLogger(__name__)
Receiver = Callable[[Event], None]
TrackerFactory = Callable[[dict[str, Any]], Receiver]


def with_trackers(emit: Receiver, factories: Sequence[TrackerFactory], config: dict[str, Any]) -> Receiver:
    """Give an `emit` that every tracker hears too; one that fails is logged and left out."""
    receivers: list[Receiver] = []
    for factory in factories:
        try:
            receivers.append(factory(config))
        except Exception:  # noqa: BLE001 - a stranger's tracker may raise anything
            _log.exception("The tracker %r could not start and is left out.", factory)

    def emit_to_all(event: Event) -> None:
        emit(event)
        for receiver in list(receivers):
            try:
                receiver(event)
            except Exception:  # noqa: BLE001
                _log.exception("The tracker %r failed and is left out.", receiver)
                receivers.remove(receiver)

    return emit_to_all
