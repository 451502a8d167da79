"""A saved run: look predictions up and read its tables, by external ids, without running any stored code."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from core.contract import Architecture, Arrays, Registry, load_plugins
from core.data import RatingScale
from core.model import TAKEN, HeadScores, Model, Prediction, RunFacts, Scoring
from core.options import ArchitectureOptions
from core.runs._arrays import read_arrays
from core.runs._checks import check_weights
from core.runs.config import RunConfig, read_config, saved_choices
from core.runs.recorded import read_rated
from core.runs.store import find_run
from core.runs.vocabularies import read_vocabularies
from core.runs.writer import CHECKPOINT_FILE, WEIGHTS_FILE, read_history, read_summary
from core.views import A, Asker, View, compute


@dataclass(frozen=True)
class Run(Asker):
    """A run folder, read lazily; `registry` holds the plugins that know its architecture.

    Every view is a method: `run.top_items(user=("4",), count=5)`.
    """

    folder: Path
    config: RunConfig
    registry: Registry

    @classmethod
    def open(cls, folder: Path, registry: Registry | None = None) -> Run:
        """Open a run folder; raises RunError where it isn't one or is damaged."""
        return cls(folder, read_config(folder), registry or load_plugins())

    @property
    def id(self) -> str:
        return self.config.run

    @cached_property
    def history(self) -> list[dict[str, Any]]:
        """The finished epochs: fields of `core.protocol.events.EpochFinished`."""
        return read_history(self.folder)

    @cached_property
    def summary(self) -> dict[str, Any] | None:
        """The fields of `core.protocol.events.Finished`, None for a run that was interrupted."""
        return read_summary(self.folder)

    @property
    def state(self) -> str:
        """ "finished" (completed or stopped) or "interrupted", which can be resumed."""
        return "finished" if self.summary else "interrupted"

    @property
    def objective(self) -> str:
        """What it was trained for: "rating" or "ranking"."""
        return str(self.config.settings.get("objective", "rating"))

    @property
    def val_ndcg(self) -> float | None:
        """Held-out nDCG@10 of a run that ranks, as `val_rmse`; None for others."""
        source = self.summary or (self.history[-1] if self.history else {})
        return source.get("val_ndcg")

    @property
    def val_rmse(self) -> float | None:
        """Held-out RMSE of the saved weights; of the last finished epoch for an interrupted run."""
        source = self.summary or (self.history[-1] if self.history else {})
        return source.get("val_rmse")

    @cached_property
    def model(self) -> Model:
        """The weights, ready for views; those of the last finished epoch where the run was interrupted."""
        chosen = saved_choices(self.config, self.registry)
        weights = self._read_weights()
        scale, scoring = self.config.data["scale"], self.config.scoring
        rating_scale = RatingScale(*(float(scale[name]) for name in ("minimum", "maximum", "step")))
        mean = float(scoring["training_mean"])
        turned = Scoring(
            offset=float(scoring["offset"]),
            share=float(scoring.get("share", 1.0)),
            means=float(scoring.get("means", 0.0)),
        )
        vocabularies = read_vocabularies(self.folder, mean, rating_scale)
        if self.objective == "ranking":
            users, items, table, baseline = vocabularies
            vocabularies = users, items, table, replace(baseline, clips=False)
        other = replace(self)  # the model must not keep this run, which keeps the model
        model = Model(
            chosen.architecture,
            chosen.options,
            *vocabularies,
            weights,
            turned,
            read_rated=lambda: read_rated(other),
            folder=self.folder,
            facts=self._facts(),
            open_run=lambda name: Run.open(find_run(name), other.registry).model,
            load_head=load_head,
            objective=self.objective,
        )
        rows = {"user": len(model.users), "item": len(model.items)}
        check_weights(self.id, self._weights_file(), weights, rows)
        return model

    def ask(self, view: View[A]) -> A:
        """Answer a view of this run's model; raises TastemapError."""
        return compute(view, self.model)

    def predict(self, user: object, item: object) -> Prediction:
        """Predict the rating of one user for one item, both external ids; unknown ids get the fallback."""
        return self.model.predict(user, item)

    def _facts(self) -> RunFacts:
        seconds, split_hash = (self.summary or {}).get("seconds"), self.config.split.get("hash")
        return RunFacts(
            run=self.id,
            val_rmse=self.val_rmse,
            val_ndcg=self.val_ndcg,
            positive_from=self.config.scoring.get("positive_from"),
            split_hash=split_hash,
            seconds=seconds,
        )

    def _read_weights(self) -> Arrays:
        arrays, _ = read_arrays(self._weights_file())
        kept = ("table/", "head/", "history/", TAKEN)
        return {key: value for key, value in arrays.items() if key.startswith(kept)}

    def _weights_file(self) -> Path:
        return self.folder / (WEIGHTS_FILE if self.summary else CHECKPOINT_FILE)


def load_head(architecture: Architecture, options: ArchitectureOptions, weights: Arrays) -> HeadScores:
    """Build a head with saved weights; loads TensorFlow, and only when a score asks for it."""
    from core.model import load_scores

    return load_scores(architecture, options, weights)
