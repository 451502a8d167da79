"""What a worker other than worker 0 does: obey until worker 0 is done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from core.contract.settings import Resolved, TrainingSettings
from core.data.ratings import Ratings
from core.errors import WorkerError
from core.protocol.commands import Stop
from core.protocol.events import Event, PhaseChanged
from core.training.controls import Controls
from core.training.prepare import prepare
from core.training.several.channel import Connection, Message
from core.training.several.cluster import read_cluster

if TYPE_CHECKING:
    from core.training.several.copies import Copies


def follows(settings: TrainingSettings) -> bool:
    """Whether this process is a worker that obeys worker 0; raises UsageError for a bad TF_CONFIG."""
    return settings.strategy == "multiworker" and not read_cluster().leads


def follow(ratings: Ratings, resolved: Resolved, emit: Callable[[Event], None], controls: Controls) -> None:
    """Train as worker 0 says, from its state on, until it is done; nothing is written here.

    Raises WorkerError where the workers don't fit together or one is lost, KeyboardInterrupt where `controls`
    stop this worker, which ends the training of all.
    """
    emit(PhaseChanged("starting TensorFlow"))
    from core.startup.device import with_batch_size
    from core.training.several.making import make_copies, meet, refuse_own_trainer

    cluster, data = read_cluster(), prepare(ratings, resolved.settings).train
    settings = with_batch_size(resolved.settings, len(data))
    resolved = replace(resolved, settings=settings)
    refuse_own_trainer(resolved.architecture, resolved.options, resolved.settings, data)
    emit(PhaseChanged("waiting", f"for {cluster.name(0)}"))
    crew, collectives = meet(cluster, resolved, data)
    emit(PhaseChanged("following", cluster.name(0)))
    copies = make_copies(resolved, data, collectives)
    try:
        _obey_all(crew.connections[0], copies, controls)
    except WorkerError:
        raise
    except KeyboardInterrupt:
        crew.close({"failed": "it was stopped by hand."})
        raise
    except BaseException as error:
        crew.close({"failed": f"{type(error).__name__}: {error}"})
        raise
    copies.close()


def _obey_all(leader: Connection, copies: Copies, controls: Controls) -> None:
    message = _next(leader, controls)
    while message.get("order") != "finish":
        _obey(message, copies)
        message = _next(leader, controls)


def _next(leader: Connection, controls: Controls) -> Message:
    while True:
        if isinstance(controls.next(), Stop):
            raise KeyboardInterrupt
        try:
            return leader.receive(0.5)
        except TimeoutError:
            pass  # worker 0 may be paused for as long as it likes


def _obey(message: Message, copies: Copies) -> None:
    match message:
        case {"order": "begin", "epoch": epoch, "rounds": rounds}:
            copies.begin_epoch(epoch)
            copies.set_rounds(rounds)
        case {"order": "run", "first": first, "count": count, "learning_rate": learning_rate}:
            copies.run(first, count, learning_rate)
        case {"order": "gather"}:
            copies.gather()
        case {"order": "spread"}:
            copies.spread(None)
        case _:
            raise WorkerError(f"{message} is no order.", hint="Is the same tastemap installed everywhere?")
