"""A training as lines on standard error."""

from __future__ import annotations

import sys

from core.protocol import EpochFinished, Event, Finished, PhaseChanged, RunStarted
from core.readable import readable


def show_line(event: Event) -> None:
    """Write what an event tells; nothing for the progress inside an epoch."""
    line = line_of(event)
    if line:
        sys.stderr.write(f"tastemap: {readable(line)}\n")
        sys.stderr.flush()


def line_of(event: Event) -> str:
    """An event in one line; "" for one that says too little."""
    match event:
        case PhaseChanged():
            return f"{event.phase} {event.detail}".strip()
        case RunStarted():
            return f"{event.architecture} on {event.data.get('name')}, {event.device}"
        case EpochFinished():
            return f"epoch {event.epoch} of {event.epochs}: {_figures(event)}"
        case Finished():
            name = "nDCG@10" if event.objective == "ranking" else "RMSE"
            reached = "nothing held out" if event.val_figure is None else f"val {name} {event.val_figure:.4f}"
            return f"{event.reason} after {event.epochs} epochs, {reached}"
    return ""


def _figures(event: EpochFinished) -> str:
    """The figures of training and of the held-out part, where there are any."""
    named = {
        "train loss": event.train_loss,
        "train RMSE": event.train_rmse,
        "val nDCG@10" if event.ranks else "val RMSE": event.val_figure,
    }
    return ", ".join(f"{name} {value:.4f}" for name, value in named.items() if value is not None)
