"""Record the real engine for the fake one: `python -m tests.tui.record`, after events or views changed."""

from __future__ import annotations

import asyncio
import json
import os
import tempfile
from dataclasses import replace
from typing import Any

from core.engine.client import EngineClient, engine_command
from core.protocol.commands import Train
from core.protocol.events import EpochFinished, Event, Finished, RunStarted
from core.protocol.wire import to_plain
from core.views.biases import Biases
from core.views.components import Axes, Components
from core.views.crosstab import Crosstab
from core.views.fold_in import FoldIn, FoldInWhy
from core.views.history import UserHistory
from core.views.map import Map
from core.views.prediction import Contributions
from core.views.quality.diagnosis import Diagnosis
from core.views.quality.ranking import Ranking
from core.views.search import Search
from core.views.similar import SimilarItems
from core.views.summary import Summary
from core.views.top_items import TopItems
from core.views.view import View
from core.views.why import Why
from tests.tui.fake_engine import RECORDINGS

TRAINING = Train(data="demo", settings={"architecture": "bias", "epochs": 12})
GIVEN = {"389": 5.0}
QUESTIONS: tuple[View[Any], ...] = (
    Search(text="", limit=50),
    Biases(),
    Components(components=6, axes=False),
    Crosstab(),
    Map(last=1000),
    Diagnosis(),
    Ranking(),
    Summary(),
    Axes(components=6),
    FoldIn(ratings=GIVEN, count=30, min_ratings=5),
    FoldInWhy(ratings=GIVEN, item=363, count=12),
)


async def record() -> None:
    """Train once, ask everything, and write it all down."""
    client = EngineClient(engine_command())
    await client.start()
    client.send(TRAINING)
    events: list[Event] = []
    async for notice in client.notices():
        if isinstance(notice, Event):
            events.append(steady(notice))
        if isinstance(notice, Finished):
            break
    answers = {view.tag: to_plain(await client.ask(view, "latest")) for view in QUESTIONS}
    answers["summary"]["run"] = answers["ranking"]["run"] = "bias-recorded"
    user = (await client.ask(Search(text="", side="user", limit=1), "latest")).found[0].id
    item = answers["search"]["found"][0]["id"]
    for view in of_pair(user, item):
        answers[view.tag] = to_plain(await client.ask(view, "latest"))
    await client.close()
    write(events, answers)


def of_pair(user: int | str, item: int | str) -> tuple[View[Any], ...]:
    """What is asked of a user and an item."""
    return (
        Contributions(user=user, item=item),
        Why(user=user, item=item, count=8),
        SimilarItems(item=item, count=14),
        TopItems(user=(user,), count=25),
        UserHistory(user=user, count=12),
    )


def steady(event: Event) -> Event:
    """Leave out what differs from machine to machine."""
    if isinstance(event, RunStarted):
        return replace(event, run="bias-recorded", device="CPU (test)")
    if isinstance(event, EpochFinished):
        return replace(event, seconds=0.01, ratings_per_second=5_000_000.0)
    if isinstance(event, Finished):
        path = "/runs/bias-recorded"
        return replace(event, run="bias-recorded", path=path, seconds=0.12, ratings_per_second=5_000_000.0)
    return event


def write(events: list[Event], answers: dict[str, Any]) -> None:
    """Write the recordings, from RunStarted on."""
    kept = [event for event in events if isinstance(event, RunStarted | EpochFinished | Finished)]
    RECORDINGS.mkdir(exist_ok=True)
    text = "".join(f"{event.to_json()}\n" for event in kept)
    (RECORDINGS / "training.jsonl").write_text(text, encoding="utf-8")
    recorded = json.dumps(answers, ensure_ascii=False, indent=None, separators=(",", ":"))
    (RECORDINGS / "answers.json").write_text(f"{recorded}\n", encoding="utf-8")


if __name__ == "__main__":
    os.environ["TASTEMAP_RUNS"] = tempfile.mkdtemp()
    asyncio.run(record())
