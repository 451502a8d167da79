"""What the screens show of a model that ranks: nDCG beside popularity, ranks instead of ratings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from textual.pilot import Pilot
from textual.widgets import Input, Select

from core.contract.plugins import Registry
from core.model.steps import StepProbability
from core.protocol.commands import Train
from core.protocol.events import EpochFinished, Event, Finished, RunStarted
from core.views import JudgedPrediction
from tests.tui.driving import run_app, screen_text, sees, until
from tests.tui.fake_engine import FakeEngine, recorded_events
from tui.lookup._texts import prediction_text
from tui.shell.app import TastemapApp

Piloted = Pilot[int]


def ranking_events() -> Iterator[Event]:
    """The recorded training as if it had ranked."""
    for event in recorded_events():
        if isinstance(event, RunStarted):
            yield replace(event, settings={**event.settings, "objective": "ranking"})
        elif isinstance(event, EpochFinished):
            yield replace(
                event,
                train_rmse=None,
                val_rmse=None,
                val_mae=None,
                train_loss=6.5,
                val_ndcg=0.2 + event.epoch / 100,
                val_recall=0.1,
                baseline_ndcg=0.1757,
            )
        elif isinstance(event, Finished):
            yield replace(event, val_rmse=None, objective="ranking", val_ndcg=0.3459, baseline_ndcg=0.1757)


def test_a_training_that_ranks_shows_ndcg_and_popularity(engine: FakeEngine, registry: Registry) -> None:
    async def scenario(app: TastemapApp, pilot: Piloted) -> None:
        await pilot.press("s")
        engine.say(*ranking_events())
        await until(pilot, lambda: app.bench.training.finished is not None, "the end of the training")
        await sees(pilot, "val nDCG@10 0.3459", "popularity 0.1757", "Ranking (nDCG@10)", "nDCG@10", "loss")
        assert "RMSE" not in screen_text(app)

    run_app(scenario, engine, registry, size=(140, 45))


def test_the_objective_is_a_field_that_brings_its_recipe(engine: FakeEngine, registry: Registry) -> None:
    async def scenario(app: TastemapApp, pilot: Piloted) -> None:
        app.screen.query_one("#field-objective", Select).value = "ranking"
        recipe = registry.architecture("bias").recipes["ranking"]
        expected = str(recipe.options["factors"])
        fields = "#field-factors"
        await until(
            pilot,
            lambda: [one.value for one in app.screen.query(fields).results(Input)] == [expected],
            "its factors",
        )
        await pilot.press("s")

    run_app(scenario, engine, registry)
    settings = {"architecture": "bias", "recipe": "default", "objective": "ranking", "options": {}}
    assert engine.sent[-1] == Train(data="demo", settings=settings)


def test_a_prediction_of_a_model_that_ranks_is_a_rank() -> None:
    ranked = JudgedPrediction(
        user=4, item=318, title="Alien", rating=None, raw=5.7, rank=20, among=8226, percentile=99.8
    )
    text = prediction_text(ranked).plain
    assert "rank 20" in text and "8,226" in text
    assert "predicted" not in text


def test_a_prediction_shows_how_likely_each_step_is() -> None:
    steps = tuple(StepProbability(float(n), share) for n, share in enumerate((0.1, 0.2, 0.7), 1))
    told = JudgedPrediction(user=4, item=318, title="Alien", rating=2.6, raw=2.6, distribution=steps)
    lines = prediction_text(told).plain.splitlines()
    assert lines[-2].split() == ["▂", "▃", "█"] and lines[-1].split() == ["1", "2", "3"]
