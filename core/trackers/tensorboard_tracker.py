"""Write scalars as TensorBoard's event files, with the writer that TensorFlow itself brings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from core.contract import Receiver, epoch_figures
from core.protocol import EpochFinished, Event, Finished

FOLDER = "tensorboard"


def start(config: dict[str, Any], folder: Path) -> Receiver:
    """Open an event file in the run folder; its scalars are `epoch/val_rmse` and the like, by epoch."""
    from core.startup import tf

    del config
    writer = tf.summary.create_file_writer(str(folder / FOLDER))

    def receive(event: Event) -> None:
        if isinstance(event, EpochFinished):
            _write(tf, writer, event.epoch, epoch_figures(event))
        if isinstance(event, Finished):
            writer.close()

    return receive


def _write(tf: Any, writer: Any, epoch: int, figures: dict[str, float]) -> None:
    """Write by the raw operation, which unlike `tf.summary.scalar` doesn't need TensorBoard installed."""
    for name, value in figures.items():
        tf.raw_ops.WriteScalarSummary(writer=writer._resource, step=epoch, tag=f"epoch/{name}", value=value)
    writer.flush()
