"""The verdict under Race: asked for the chosen ones, shown while it is made and when it is there."""

from __future__ import annotations

from textual.pilot import Pilot

from core.contract.plugins import Registry
from core.protocol import Failed, Judge, Judged, PhaseChanged, Stop, Train, to_plain
from core.verdict import Verdict, conclude, reversals
from tests.core.verdict.test_conclusions import part
from tests.tui.driving import run_app, sees, until
from tests.tui.fake_engine import FakeEngine
from tui.shell.app import TastemapApp

Piloted = Pilot[int]


def verdict() -> Verdict:
    parts = (
        part("random", {"damped means": 0.9, "bias": 0.87, "bayes": 0.83}, 0.01),
        part("time", {"damped means": 0.9, "bias": 0.86, "[/nope] \x1b[2J": 0.95}, 0.01),
    )
    return Verdict(
        data="films",
        kind="ratings",
        users=10,
        items=20,
        row_count=100,
        parts=parts,
        reversals=reversals(parts),
        conclusions=conclude(parts),
        notes=("random rows are held out",),
        seconds=12.0,
    )


def test_a_verdict_is_asked_for_watched_and_read(engine: FakeEngine, registry: Registry) -> None:
    async def scenario(app: TastemapApp, pilot: Piloted) -> None:
        await pilot.press("6", "v")
        await until(pilot, lambda: any(isinstance(one, Judge) for one in engine.sent), "a question")
        (asked,) = [one for one in engine.sent if isinstance(one, Judge)]
        assert {"bias", "bias:ranking"} <= set(asked.contenders.split(","))
        assert "ease:ranking" not in asked.contenders
        engine.say(PhaseChanged("judging", "bias on the split time (2 of 6)"))
        await sees(pilot, "bias on the split time (2 of 6)")
        await pilot.press("x")
        assert any(isinstance(one, Stop) for one in engine.sent)
        assert not app.bench.begin(None)  # type: ignore[arg-type] - nothing trains beside it
        engine.say(Judged(verdict=to_plain(verdict())))
        await sees(pilot, "bayes is best with 0.8300", "RMSE, random", "to beat: damped means", "0.8700")
        await pilot.press("escape", "v")
        await sees(pilot, "bayes is best with 0.8300")
        assert len([one for one in engine.sent if isinstance(one, Judge)]) == 1
        await pilot.press("escape", "space", "v")
        await until(pilot, lambda: app.bench.judging.active, "another question")
        engine.say(Failed(kind="DataError", message="the table is gone.", hint="Choose another."))
        await sees(pilot, "the table is gone.", "Choose another.")
        await pilot.press("escape", "v")
        await until(pilot, lambda: app.bench.judging.active, "the same question once more: it has no answer")

    run_app(scenario, engine, registry)


def test_a_race_that_is_over_stays_while_a_verdict_is_made(engine: FakeEngine, registry: Registry) -> None:
    async def scenario(app: TastemapApp, pilot: Piloted) -> None:
        app.bench.race.start([(name, Train(data="demo", settings={})) for name in ("bias", "dot")])
        lanes = app.bench.race.lanes
        app.bench.race.abandon()
        await pilot.press("6", "v")
        await until(pilot, lambda: app.bench.judging.active, "a question")
        await pilot.press("escape", "s")
        app.train(Train(data="demo", settings={}))
        await sees(pilot, "A verdict is being made")
        assert app.bench.race.lanes is lanes
        assert not any(isinstance(one, Train) for one in engine.sent)

    run_app(scenario, engine, registry)
