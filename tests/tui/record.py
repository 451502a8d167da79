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
from tests.tui.fake_engine import RECORDINGS

TRAINING = Train("demo", {"architecture": "bias", "epochs": 12})
QUESTIONS: dict[str, dict[str, Any]] = {
    "search": {"text": "", "side": "item", "limit": 50},
    "biases": {"most_rated": 2000, "count": 15},
    "components": {"most_rated": 2000, "components": 6, "ends": 10},
    "crosstab": {"users": 15, "items": 15},
    "map": {"components": [1, 2], "first": 0, "last": 1000},
    "diagnosis": {"worst": 10},
    "ranking": {"k": 10},
}
FOLD_IN: dict[str, dict[str, Any]] = {
    "summary": {},
    "axes": {"components": 6},
    "fold_in": {"ratings": {"389": 5.0}, "count": 30, "min_ratings": 5, "components": 3},
    "fold_in_why": {"ratings": {"389": 5.0}, "item": 363, "count": 12},
}


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
    questions = QUESTIONS | FOLD_IN
    answers = {view: await client.ask(view, "latest", **asked) for view, asked in questions.items()}
    answers["summary"]["run"] = "bias-recorded"
    users = await client.ask("search", "latest", text="", side="user", limit=5)
    user, item = users[0]["id"], answers["search"][0]["id"]
    answers["contributions"] = await client.ask("contributions", "latest", user=user, item=item)
    answers["why"] = await client.ask("why", "latest", user=user, item=item, count=8)
    answers["similar_items"] = await client.ask("similar_items", "latest", item=item, count=14)
    answers["top_items"] = await client.ask("top_items", "latest", user=user, count=25)
    answers["user_history"] = await client.ask("user_history", "latest", user=user, count=12)
    await client.close()
    write(events, answers)


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
