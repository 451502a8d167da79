"""Write `metrics.csv`: a line an epoch, for a spreadsheet or pandas."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

from core.contract import NAMES, Receiver, epoch_figures
from core.files import write_atomically
from core.protocol import EpochFinished, Event

FILE = "metrics.csv"


def start(config: dict[str, Any], folder: Path) -> Receiver:
    """Open the table anew, with a header; a resumed run goes on below the epochs that it keeps."""
    del config
    path = folder / FILE
    kept = _rows(path)

    def receive(event: Event) -> None:
        if isinstance(event, EpochFinished):
            kept[event.epoch] = {"epoch": event.epoch, **epoch_figures(event)}
            _write(path, [kept[epoch] for epoch in sorted(kept) if epoch <= event.epoch])

    return receive


def _rows(path: Path) -> dict[int, dict[str, Any]]:
    if not path.exists():
        return {}
    with path.open(newline="") as stream:
        return {int(row["epoch"]): dict(row) for row in csv.DictReader(stream)}


def _write(path: Path, rows: list[dict[str, Any]]) -> None:
    stream = io.StringIO(newline="")
    writer = csv.DictWriter(stream, ["epoch", *NAMES], restval="")
    writer.writeheader()
    writer.writerows(rows)
    write_atomically(path, stream.getvalue().encode())
