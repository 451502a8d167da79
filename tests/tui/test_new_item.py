"""An item that training doesn't know, asked of on the Lookup screen."""

from __future__ import annotations

import pytest
from textual.pilot import Pilot

from core.contract.plugins import Registry
from core.errors import UsageError
from core.protocol.wire import to_plain
from core.views.new_items.fold_in_item import FirstRating, FoldedItem, LikelyUser
from tests.tui.driving import run_app, sees, train_recorded
from tests.tui.fake_engine import FakeEngine
from tui.lookup._new_item import parse_item
from tui.shell.app import TastemapApp


def test_a_line_describes_an_item() -> None:
    question = parse_item(" Drama, film noir ,1994, #prison, 4=5, u=2=3.5")
    assert (question.genres, question.tags, question.year) == (("Drama", "film noir"), ("prison",), 1994)
    assert question.ratings == {"4": 5, "u=2": 3.5}
    for wrong in ("4=five", "99999"):
        with pytest.raises(UsageError):
            parse_item(wrong)


def test_a_new_item_is_asked_of_and_its_text_is_no_markup(engine: FakeEngine, registry: Registry) -> None:
    answer = FoldedItem(
        users=(LikelyUser(user="[b]ann\x1b[2J", rating=4.75, raw=4.8, ratings=12),),
        similar=(),
        given=(FirstRating(user=4, rating=5, predicted=4.1),),
        average=3.61,
        mean=3.43,
        explained=0.25,
    )
    engine.answers["fold_in_item"] = to_plain(answer)

    async def scenario(app: TastemapApp, pilot: Pilot[int]) -> None:
        await train_recorded(app, pilot, engine)
        await pilot.press("2", "ctrl+n")
        await sees(pilot, "A new item", "USER=RATING")
        await pilot.press(*"4=", "enter")
        await sees(pilot, "is no rating")
        await pilot.press(*"5, drama", "enter")
        await sees(pilot, "3.61 on average", "[b]ann", "25%")
        await pilot.press("escape")

    run_app(scenario, engine, registry)
    assert list(engine.asked_of("fold_in_item", "genres")) == ["drama"]
