"""A saved run: look predictions up and read its tables, by external ids, without running any stored code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, overload

from core.contract import Architecture, Arrays, Registry, load_plugins
from core.data import RatingScale
from core.errors import UsageError
from core.files import require_folder
from core.model import TAKEN, HeadScores, Model, RunFacts, Scoring
from core.model.moments import Moods
from core.model.steps import RatingSteps
from core.options import ArchitectureOptions, Identifier
from core.runs._arrays import read_arrays
from core.runs._checks import check_weights
from core.runs.config import RunConfig, read_config, saved_choices
from core.runs.recorded import read_rated
from core.runs.store import find_run
from core.runs.vocabularies import read_vocabularies
from core.runs.writer import CHECKPOINT_FILE, WEIGHTS_FILE, read_history, read_summary
from core.views import A, View, compute
from core.views.python import Asker

if TYPE_CHECKING:
    import pandas

    from core.pictures import Curves
    from core.runs.evaluation import Evaluation
    from core.runs.updating import Updated
    from core.views import JudgedPrediction
    from core.views.quality import ComparedRuns


@dataclass(frozen=True, repr=False)
class Run(Asker):
    """A run folder, read lazily; `registry` holds the plugins that know its architecture.

    Every view is a method: `run.recommend(4, n=5)`.
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
    def epochs(self) -> list[dict[str, Any]]:
        """The finished epochs: fields of `core.protocol.events.EpochFinished`."""
        return read_history(self.folder)

    @property
    def history(self) -> pandas.DataFrame:
        """The finished epochs as a table by the epoch's number, without figures that no epoch has."""
        from core.runs._frames import history_frame

        return history_frame(self.epochs)

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
        source = self.summary or (self.epochs[-1] if self.epochs else {})
        return source.get("val_ndcg")

    @property
    def val_rmse(self) -> float | None:
        """Held-out RMSE of the saved weights; of the last finished epoch for an interrupted run."""
        source = self.summary or (self.epochs[-1] if self.epochs else {})
        return source.get("val_rmse")

    def __getstate__(self) -> dict[str, Any]:
        """All but the model, which is read from the folder again: it holds functions, which no pickle can."""
        return {name: value for name, value in vars(self).items() if name != "model"}

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
        if self._untrained:
            turned = turned.trusting(0.0, mean)
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
            read_rated=lambda: read_rated(other, vocabularies[:3]),
            folder=self.folder,
            facts=self._facts(),
            open_run=lambda name: Run.open(find_run(name), other.registry).model,
            load_head=load_head,
            objective=self.objective,
            steps=self._steps(),
            moods=self._moods(),
        )
        rows = {"user": len(model.users), "item": len(model.items)}
        check_weights(self.id, self._weights_file(), weights, rows)
        return model

    def ask(self, view: View[A]) -> A:
        """Answer a view of this run's model; raises TastemapError."""
        return compute(view, self.model)

    @overload
    def predict(
        self, user: Identifier, item: Identifier, *, at: str = "", distribution: bool = False
    ) -> JudgedPrediction: ...
    @overload
    def predict(self, user: Any, *, user_column: str = "", item_column: str = "") -> pandas.DataFrame: ...
    def predict(
        self,
        user: Any,
        item: Identifier | None = None,
        *,
        at: str = "",
        distribution: bool = False,
        user_column: str = "",
        item_column: str = "",
    ) -> JudgedPrediction | pandas.DataFrame:
        """Predict a user's rating of an item, or those of all pairs in a frame.

        One pair is asked as by `tastemap predict`: the item by id or title; an item that isn't there is a
        UsageError with the nearest titles, an unknown user a new one; `distribution` says how likely each
        step of the rating scale is, `at` names a moment (2018-06-30T21:00, UTC) that is known. A frame
        (pandas, polars, pyarrow) has columns of usual names or those that are named; its predictions come as
        a table with its index, of user, item, rating (None where the model ranks), raw and fallback: unknown
        ids get the fallback, which says so. Raises DataError for a frame that can't be read.
        """
        if item is not None:
            return super().predict(user, item, at=at, distribution=distribution)
        if distribution or at:
            raise UsageError("A distribution or a moment is of one user and one item, not of a frame.")
        from core.runs._frames import predicted_frame

        return predicted_frame(self.model, user, user_column, item_column)

    def compare(self, runs: Any, *, k: int = 10) -> ComparedRuns:
        """Compare with other runs on the same split, with intervals for the differences from this one.

        `runs` is one or several of: a `Run`, an id, a beginning of it, a path; nDCG is that of the first `k`.
        Another split hash isn't comparable, and says so.
        """
        several = [runs] if isinstance(runs, str | Path | Run) else list(runs)
        named = [str(one.folder) if isinstance(one, Run) else str(one) for one in several]
        return super().compare(named, k=k)

    def evaluate(self, ratings: Any = None) -> Evaluation:
        """Measure the clipped predictions: errors on the held-out part, or on all rows of another table.

        `ratings` is a table, or what `load_ratings` takes. Without it the run's own table is read and split
        again; raises RunError where that has changed, UsageError for a run that ranks (see `rank`).
        """
        from core.runs.evaluation import evaluated

        return evaluated(self, ratings)

    def update(
        self,
        news: Any = None,
        *,
        withdrawn: Any = None,
        reading: Mapping[str, object] | None = None,
        data: str | Path | None = None,
        hold_out: float | None = None,
    ) -> Run:
        """Bring the run up to date without training again; returns the new run, which names this one.

        `news` (a frame, or what `load_ratings` takes) holds ratings of known and new users and items; a pair
        that is rated already takes the new value. `withdrawn` are pairs whose ratings are taken back.
        `reading` says how both are read where that differs from the run's table, `data` where that is now.
        `hold_out` is the share of new pairs that is held out (None: the run's own share). Rows that the news
        touches are solved again from where they were, all others stay. `updated` of the new run says what was
        done. News that changes nothing gives this run, the same update again the run that it made. Raises
        TastemapError, and then nothing has changed.
        """
        from core.runs.updating import UpdateRequest, update

        request = UpdateRequest(news=news, withdrawn=withdrawn, reading=reading, data=data, hold_out=hold_out)
        folder = update(self, request).folder
        return self if folder is None else Run.open(folder, self.registry)

    @cached_property
    def updated(self) -> Updated | None:
        """What the update did that made this run; None for one that was trained."""
        from core.runs.updating import updated_of

        return updated_of(self)

    def factors(self, side: Literal["user", "item"]) -> pandas.DataFrame:
        """The factors of all users or items as a table by id, a column a factor.

        Raises UsageError for an architecture without factors.
        """
        from core.runs._frames import factor_frame

        return factor_frame(self.model, side)

    def curves(self) -> Curves:
        """Its figures by epoch and the baseline, as a picture: `_repr_html_` in notebooks, `to_svg()`."""
        from core.runs._shown import curves_of

        return curves_of(self.epochs, self.objective, self.summary or {})

    def __repr__(self) -> str:
        from core.runs._shown import run_text

        return run_text(self)

    def _repr_html_(self) -> str:
        from core.runs._shown import run_html

        return run_html(self)

    def _facts(self) -> RunFacts:
        seconds, split = (self.summary or {}).get("seconds"), self.config.split
        return RunFacts(
            run=self.id,
            val_rmse=self.val_rmse,
            val_ndcg=self.val_ndcg,
            positive_from=self.config.scoring.get("positive_from"),
            split_hash=split.get("hash"),
            seconds=seconds,
            leak=self.config.leak,
        )

    def _steps(self) -> RatingSteps | None:
        told = self.config.adaptation.get("steps")
        return None if told is None or self._untrained else RatingSteps.from_dict(told)

    def _moods(self) -> Moods | None:
        told = self.config.adaptation.get("moods")
        return Moods(tuple(told)) if told and not self._untrained else None

    @property
    def _untrained(self) -> bool:
        """Whether it was stopped before its first epoch's end, so that the baseline speaks for it."""
        return self.summary is not None and self.summary.get("epochs") == 0

    def _read_weights(self) -> Arrays:
        require_folder(self.folder / CHECKPOINT_FILE.partition("/")[0])
        arrays, _ = read_arrays(self._weights_file())
        kept = ("table/", "head/", "history/", TAKEN)
        return {key: value for key, value in arrays.items() if key.startswith(kept)}

    def _weights_file(self) -> Path:
        return self.folder / (WEIGHTS_FILE if self.summary else CHECKPOINT_FILE)


def load_head(architecture: Architecture, options: ArchitectureOptions, weights: Arrays) -> HeadScores:
    """Build a head with saved weights; loads TensorFlow, and only when a score asks for it."""
    from core.model import load_scores

    return load_scores(architecture, options, weights)
