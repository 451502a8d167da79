"""Log a run to MLflow, if it is installed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from core.contract import Receiver, epoch_figures
from core.errors import PluginError
from core.protocol import EpochFinished, Event, Finished


def start(config: dict[str, Any], folder: Path) -> Receiver:
    """Start an MLflow run with options and settings as parameters; raises PluginError without MLflow."""
    try:
        import mlflow
    except ImportError as error:
        hint = 'Install it with pip install "tastemap[mlflow]".'
        raise PluginError(
            f"The tracker mlflow needs MLflow, which can't be loaded: {error}.", hint=hint
        ) from None
    client = mlflow.MlflowClient()
    experiment = _experiment(client, f"tastemap {config['data'].get('name', '')}".strip())
    run = client.create_run(experiment, run_name=config["run"], tags={"tastemap.folder": str(folder)})
    for name, value in _parameters(config).items():
        client.log_param(run.info.run_id, name, value)

    def receive(event: Event) -> None:
        if isinstance(event, EpochFinished):
            for name, value in epoch_figures(event).items():
                client.log_metric(run.info.run_id, name, value, step=event.epoch)
        if isinstance(event, Finished):
            client.set_terminated(run.info.run_id)

    return receive


def _experiment(client: Any, name: str) -> str:
    found = client.get_experiment_by_name(name)
    return str(found.experiment_id if found else client.create_experiment(name))


def _parameters(config: dict[str, Any]) -> dict[str, object]:
    parameters = {"architecture": config["architecture"], "split_hash": config["split"].get("hash")}
    for group in ("options", "settings"):
        parameters |= {f"{group}.{name}": value for name, value in config[group].items()}
    return parameters
