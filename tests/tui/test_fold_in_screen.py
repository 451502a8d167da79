from __future__ import annotations

import asyncio
import csv
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from textual.pilot import Pilot
from textual.widgets import OptionList, Static

from core.contract.plugins import Registry
from core.engine.client import EngineClient, QueryError, engine_command
from core.errors import UsageError
from core.model.component_names import NamedAxis
from core.options import Identifier
from core.protocol.wire import from_plain
from core.views.fold_in import FoldedIn, FoldIn, FoldInWhy, GivenRating
from core.views.view import A, View
from tests.tui.driving import run_app, screen_text, sees, train_recorded, until
from tests.tui.fake_engine import FakeEngine
from tests.tui.snapshots import changes_at_rest
from tui.fold_in._canvas import FoldInCanvas
from tui.fold_in._given_panel import GivenPanel
from tui.fold_in._rating_keys import RatingKeys
from tui.fold_in._state import GivenRatings, Item, movements, offer_order
from tui.fold_in._texts import movement_mark, reading
from tui.fold_in.screen import FoldInScreen
from tui.map.scatter import Points
from tui.shell.app import TastemapApp

Piloted = Pilot[int]
FIVE_STARS = RatingKeys(0.5, 5, 0.5)


class FoldInEngine(FakeEngine):
    """Answers `FoldIn` for the ratings that were asked about; `held` ones wait until let go."""

    def __init__(self) -> None:
        super().__init__()
        self.answers["map"] = {
            name: column[:200] if isinstance(column, list) and len(column) > 200 else column
            for name, column in self.answers["map"].items()
        }
        self.refuse = ""
        self.held: list[asyncio.Event] | None = None

    async def ask(self, view: View[A], run: str | None = None) -> A:
        answer = await super().ask(view, run)
        if not isinstance(view, FoldIn):
            return answer
        if self.refuse:
            raise QueryError(self.refuse, hint="Choose a run of bias.")
        if self.held is not None:
            gate = asyncio.Event()
            self.held.append(gate)
            while not gate.is_set():
                try:
                    await gate.wait()
                except asyncio.CancelledError:
                    continue  # an answer that comes although nobody waits any more
        return self.folded_in(view.ratings, answer)

    @property
    def recorded(self) -> FoldedIn:
        return from_plain(self.answers["fold_in"], FoldedIn)

    def folded_in(self, ratings: Mapping[Identifier, float], answer: FoldedIn) -> FoldedIn:
        titles = {str(each["id"]): each["title"] for each in self.answers["search"]["found"]}
        given = tuple(
            GivenRating(item=int(item), title=titles.get(item, item), rating=rating, predicted=rating - 0.1)
            for item, rating in ratings.items()
        )
        turn = len(ratings) % len(answer.top)
        top = (*answer.top[turn:], *answer.top[:turn])
        place = (0.3 * len(ratings), 0.2 * sum(ratings.values()) / 5, 0.0)
        return replace(answer, given=given, top=top, position=place, standing=(0.93, 0.5, 0.5))

    def asked_ratings(self) -> list[dict[Identifier, float]]:
        return [arguments["ratings"] for view, _, arguments in self.asked if view == "fold_in"]


@pytest.fixture
def engine() -> FoldInEngine:
    return FoldInEngine()


def screen_of(app: TastemapApp) -> FoldInScreen:
    assert isinstance(app.screen, FoldInScreen)
    return app.screen


async def arrive(app: TastemapApp, pilot: Piloted, engine: FakeEngine) -> None:
    await train_recorded(app, pilot, engine)
    await pilot.press("7")
    await sees(pilot, "Do you know it?", "For you", "you", "1–5 rate; + - by 0.5")
    app.clear_notifications()


def offered(app: TastemapApp) -> str:
    return str(app.screen.query_one("#fold-in-offer", Static).content).splitlines()[0]


def test_rating_by_keys_moves_star_and_list(engine: FoldInEngine, registry: Registry) -> None:
    async def scenario(app: TastemapApp, pilot: Piloted) -> None:
        await arrive(app, pilot, engine)
        canvas = app.screen.query_one(FoldInCanvas)
        assert "everybody" in screen_text(app)
        before, first = canvas.goal, offered(app)
        await pilot.press("4")
        await until(pilot, lambda: canvas.goal != before, "a moved star")
        await sees(pilot, "★★★★", "(3.9)", first[:12], "Your ratings: 1", "near you", "▲1")
        await sees(pilot, "(more than 93%")
        assert offered(app) != first
        assert "★" in "".join(canvas.picture().lines())
        assert canvas.earlier == before
        await pilot.press("plus")
        await sees(pilot, "★★★★½", "Your ratings: 1")
        assert list(engine.asked_ratings()[-1].values()) == [4.5]
        await pilot.press("minus", "minus", "plus", "0")
        await until(pilot, lambda: len(engine.asked_ratings()[-1]) == 2, "the second rating")
        assert list(engine.asked_ratings()[-1].values()) == [4.5 - 0.5, 0.5]

    run_app(scenario, engine, registry)


def test_a_model_that_ranks_is_told_likes(engine: FoldInEngine, registry: Registry) -> None:
    engine.answers["summary"] |= {
        "objective": "ranking",
        "scale": {"minimum": 1.0, "maximum": 1.0, "step": 0.0},
    }

    def likes() -> list[tuple[str, ...]]:
        return [tuple(arguments["likes"]) for view, _, arguments in engine.asked if view == "fold_in"]

    async def scenario(app: TastemapApp, pilot: Piloted) -> None:
        await train_recorded(app, pilot, engine)
        await pilot.press("7")
        await sees(pilot, "l likes it", "l Like", "For you")
        assert "rate;" not in screen_text(app), "there is nothing to rate by"
        await pilot.press("l", "l")
        await sees(pilot, "Your likes: 2", "liked")
        await until(pilot, lambda: len(likes()[-1]) == 2, "both likes asked about")
        assert engine.asked_ratings()[-1] == {}
        await pilot.press("plus", "u")
        await sees(pilot, "Your likes: 1")
        await pilot.press("c")
        await sees(pilot, "Rates highest", "liked")

    run_app(scenario, engine, registry)


def test_a_digit_beyond_the_scale_rates_nothing(engine: FoldInEngine, registry: Registry) -> None:
    async def scenario(app: TastemapApp, pilot: Piloted) -> None:
        await arrive(app, pilot, engine)
        await pilot.press("7")
        await sees(pilot, "7 rates nothing here")
        await pilot.press("f4")
        await sees(pilot, "Map of items")

    run_app(scenario, engine, registry)
    assert engine.asked_ratings() == [{}]


def test_skipping_goes_on_without_a_question(engine: FoldInEngine, registry: Registry) -> None:
    async def scenario(app: TastemapApp, pilot: Piloted) -> None:
        await arrive(app, pilot, engine)
        seen = []
        for _ in range(len(engine.answers["search"]["found"])):
            seen.append(offered(app))
            await pilot.press("space")
        assert len(set(seen)) == len(engine.answers["search"]["found"])
        await sees(pilot, "That was all")
        await pilot.press("5", "space", "plus")

    run_app(scenario, engine, registry)
    assert engine.asked_ratings() == [{}]


def test_ratings_are_changed_deleted_and_cleared(engine: FoldInEngine, registry: Registry) -> None:
    async def scenario(app: TastemapApp, pilot: Piloted) -> None:
        await arrive(app, pilot, engine)
        first = offered(app)
        await pilot.press("4", "3", "down", "enter")
        await until(pilot, lambda: "you gave 4" in offered(app), "the earlier rating")
        assert offered(app).startswith(first)
        await pilot.press("2")
        assert sorted(engine.asked_ratings()[-1].values()) == [2, 3]
        await pilot.press("d")
        await sees(pilot, "Your ratings: 1")
        assert list(engine.asked_ratings()[-1].values()) == [3]
        assert offered(app) != first, "what was taken back isn't asked again"
        await pilot.press("C", "n")
        assert app.screen.query_one("#fold-in-given", OptionList).option_count == 1
        await pilot.press("C", "y")
        await until(pilot, lambda: engine.asked_ratings()[-1] == {}, "nobody again")
        await sees(pilot, "everybody")

    run_app(scenario, engine, registry)


def test_only_the_latest_answer_counts(engine: FoldInEngine, registry: Registry) -> None:
    async def scenario(app: TastemapApp, pilot: Piloted) -> None:
        await arrive(app, pilot, engine)
        canvas, gates = app.screen.query_one(FoldInCanvas), []
        engine.held = gates
        start = canvas.goal
        await pilot.press("5", "4", "3")
        await until(pilot, lambda: len(gates) == 3, "three questions")
        await sees(pilot, "Your ratings: 3")
        gates[0].set()
        gates[1].set()
        await pilot.pause(0.2)
        assert canvas.goal == start, "answers to older ratings change nothing"
        gates[2].set()
        await until(pilot, lambda: canvas.goal == pytest.approx((0.9, 0.48)), "the latest answer")

    run_app(scenario, engine, registry)


def test_any_title_is_found_and_rated(engine: FoldInEngine, registry: Registry) -> None:
    async def scenario(app: TastemapApp, pilot: Piloted) -> None:
        await arrive(app, pilot, engine)
        await pilot.press("slash", *"ali")
        await until(pilot, lambda: engine.asked[-1][2].get("text") == "ali", "the search")
        second = engine.answers["search"]["found"][1]
        await pilot.press("down")
        await until(pilot, lambda: offered(app) == second["title"], second["title"])
        await pilot.press("enter", "5")
        await until(pilot, lambda: engine.asked_ratings()[-1] == {str(second["id"]): 5.0}, "its rating")
        assert not app.screen.query_one(GivenPanel).searching
        await pilot.press("slash", *"x", "escape")
        assert not app.screen.query_one(GivenPanel).searching

    run_app(scenario, engine, registry)


def test_a_recommendation_is_explained_and_taken_up(engine: FoldInEngine, registry: Registry) -> None:
    async def scenario(app: TastemapApp, pilot: Piloted) -> None:
        await arrive(app, pilot, engine)
        await pilot.press("5", "tab", "down", "w")
        await sees(pilot, "Why this one", "for an average user", "Guardians of the Galaxy")
        asked = engine.asked[-1]
        assert asked[0] == "fold_in_why"
        given = engine.asked_ratings()[-1]
        second = engine.folded_in(given, engine.recorded).top[1]
        assert list(given.values()) == [5.0]
        assert asked[2] == FoldInWhy(ratings=given, item=second.item, count=12).to_dict()
        await pilot.press("escape", "enter")
        await until(pilot, lambda: offered(app) == second.title, second.title)

    run_app(scenario, engine, registry)


def test_ratings_are_written_as_csv(
    engine: FoldInEngine, registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    engine.answers["search"]["found"][0]["title"] = "=SUM(1, 2)"

    async def scenario(app: TastemapApp, pilot: Piloted) -> None:
        await arrive(app, pilot, engine)
        await pilot.press("e")
        await sees(pilot, "Nothing to export")
        await pilot.press("4", "plus", "e")
        await sees(pilot, "Ratings written")

    run_app(scenario, engine, registry)
    rows = list(csv.reader((tmp_path / "my-ratings.csv").read_text(encoding="utf-8-sig").splitlines()))
    item = str(engine.answers["search"]["found"][0]["id"])
    assert rows == [["item", "title", "rating"], [item, "'=SUM(1, 2)", "4.5"]]


def test_without_a_scale_numbers_are_typed(engine: FoldInEngine, registry: Registry) -> None:
    del engine.answers["summary"]

    async def scenario(app: TastemapApp, pilot: Piloted) -> None:
        await train_recorded(app, pilot, engine)
        await pilot.press("7")
        await sees(pilot, "The rating scale isn't known", "For you")
        await pilot.press("4")
        await sees(pilot, "4 rates nothing here")
        await pilot.press("t", *"many", "enter")
        await sees(pilot, "not 'many'")
        await pilot.press("backspace", "backspace", "backspace", "backspace", *"42", "enter")
        await until(pilot, lambda: list(engine.asked_ratings()[-1].values()) == [42.0], "the rating")

    run_app(scenario, engine, registry)


def test_a_model_that_folds_nobody_in_says_why(engine: FoldInEngine, registry: Registry) -> None:
    engine.refuse = "Folding in needs an architecture with user embeddings."

    async def scenario(app: TastemapApp, pilot: Piloted) -> None:
        await train_recorded(app, pilot, engine)
        await pilot.press("7")
        await sees(pilot, "can't fold you in", engine.refuse, "Choose a run of bias.")
        await pilot.press("4")
        await sees(pilot, "Map of items")

    run_app(scenario, engine, registry)


def test_without_a_place_there_is_a_note_and_no_star(engine: FoldInEngine, registry: Registry) -> None:
    note = "In nn users and items don't share a space"
    engine.folded_in = lambda _ratings, answer: replace(  # type: ignore[method-assign]
        answer, position=None, standing=None, note=note
    )

    async def scenario(app: TastemapApp, pilot: Piloted) -> None:
        await train_recorded(app, pilot, engine)
        await pilot.press("7")
        await sees(pilot, note, engine.recorded.top[0].title)
        assert app.screen.query_one(FoldInCanvas).goal is None

    run_app(scenario, engine, registry)


def test_without_a_model_there_is_advice_and_digits_switch(engine: FoldInEngine, registry: Registry) -> None:
    async def scenario(app: TastemapApp, pilot: Piloted) -> None:
        await pilot.press("f7")
        await sees(pilot, "No model to fold you in yet", "1, then s")
        await pilot.press("4")
        await sees(pilot, "Nothing to map yet")

    run_app(scenario, engine, registry)
    assert engine.asked == []


@pytest.mark.parametrize("size", [(60, 20), (80, 24), (250, 70)])
def test_every_size_and_view_can_be_used(
    engine: FoldInEngine, registry: Registry, size: tuple[int, int]
) -> None:
    async def scenario(app: TastemapApp, pilot: Piloted) -> None:
        await train_recorded(app, pilot, engine)
        await pilot.press("7")
        await sees(pilot, "1–5 rate")
        await pilot.press("4")
        await sees(pilot, "▲")
        await pilot.press("v")
        await sees(pilot, "★", "you")
        await pilot.press("v")
        await sees(pilot, "Your ratings: 1")

    run_app(scenario, engine, registry, size)


def test_without_unicode_everything_is_ascii(
    engine: FoldInEngine, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TASTEMAP_ASCII", "1")
    monkeypatch.setenv("NO_COLOR", "1")

    async def scenario(app: TastemapApp, pilot: Piloted) -> None:
        await arrive(app, pilot, engine)
        await pilot.press("4")
        await sees(pilot, "^1", "X")
        text = screen_text(app)
        assert not set("★☆▲▼½●┊") & set(text)

    run_app(scenario, engine, registry)


@pytest.mark.parametrize(("name", "size"), [("wide", (120, 36)), ("narrow", (80, 24))])
def test_the_screen_looks_as_it_did(
    engine: FoldInEngine, registry: Registry, name: str, size: tuple[int, int]
) -> None:
    async def scenario(app: TastemapApp, pilot: Piloted) -> None:
        await arrive(app, pilot, engine)
        await pilot.press("5", "space", "2", "4")
        await sees(pilot, "(3.9)")
        await pilot.press("plus")
        await sees(pilot, "(4.4)")
        app.clear_notifications()
        changed = await changes_at_rest(app, pilot, f"fold-in-{name}")
        if changed:
            pytest.fail(changed, pytrace=False)

    run_app(scenario, engine, registry, size)


@pytest.mark.slow
def test_a_really_trained_model_folds_a_user_in(registry: Registry) -> None:
    async def scenario(app: TastemapApp, pilot: Piloted) -> None:
        await pilot.press("s")
        await until(pilot, lambda: app.bench.training.finished is not None, "a trained model", 240)
        await pilot.press("7")
        await sees(pilot, "1–5 rate", "For you", "near you")
        canvas = app.screen.query_one(FoldInCanvas)
        start, best = canvas.goal, screen_of(app)._answer.best
        for key in ("5", "1", "5", "1"):
            await pilot.press(key)
        screen = screen_of(app)
        await until(pilot, lambda: screen._answer.asked == screen._state.given.question(), "the answer")
        assert start is not None and canvas.goal is not None
        assert np.hypot(canvas.goal[0] - start[0], canvas.goal[1] - start[1]) > 0.02
        assert screen_of(app)._answer.best != best
        await sees(pilot, "Your ratings: 4")
        await pilot.press("w")
        await sees(pilot, "for an average user", "What each rating adds")

    run_app(scenario, EngineClient(engine_command()), registry)


@pytest.mark.parametrize(
    ("keys", "expected", "fine"),
    [
        (FIVE_STARS, {1: 1, 5: 5, 6: None, 0: 0.5}, 0.5),
        (RatingKeys(1, 5, 1), {1: 1, 5: 5, 0: None}, 1),
        (RatingKeys(1, 10, 1), {1: 1, 9: 9, 0: 10}, 1),
        (RatingKeys(0, 1, 1), {1: 1, 2: None, 0: 0}, 1),
        (RatingKeys(-10, 10, 0), {1: -8, 5: 0, 0: 10}, 1),
        (RatingKeys(0, 100, 1), {1: 10, 9: 90, 0: 100}, 5),
    ],
)
def test_keys_fit_the_scale(keys: RatingKeys, expected: dict[int, float | None], fine: float) -> None:
    assert {digit: keys.value(digit) for digit in expected} == expected
    assert keys.fine == pytest.approx(fine)
    assert keys.moved(keys.maximum, 1) == keys.maximum
    assert keys.moved(keys.minimum, -1) == keys.minimum
    assert keys.moved(keys.minimum, 1) == pytest.approx(keys.minimum + fine)


def test_typed_ratings_are_checked() -> None:
    assert FIVE_STARS.parse(" 3,5 ") == 3.5
    for wrong in ("", "six", "6", "nan", "inf"):
        with pytest.raises(UsageError, match=r"from 0\.5 to 5"):
            FIVE_STARS.parse(wrong)


def test_legends_say_what_keys_do() -> None:
    assert FIVE_STARS.legend() == "1–5 rate; + - by 0.5"
    assert RatingKeys(1, 10, 1).legend() == "1–9, 0 rate 1–10; + - by 1"
    assert RatingKeys(-10, 10).legend() == "1–9, 0 rate -8–10; + - by 1"


def test_offers_begin_with_the_best_known_and_vary() -> None:
    found = [
        Item("1", "One", ("Drama",), 100),
        Item("2", "Two", ("Drama",), 99),
        Item("3", "Three", ("Comedy",), 90),
        Item("4", "Four", (), 1),
    ]
    assert [each.id for each in offer_order(found, {})][:2] == ["1", "3"]
    places = {"1": (0.0, 0.0), "2": (9.0, 9.0), "3": (0.1, 0.1)}
    assert [each.id for each in offer_order(found, places)][:2] == ["1", "2"]
    assert sorted(each.id for each in offer_order(found, {})) == ["1", "2", "3", "4"]
    assert offer_order([], {}) == []


def test_movements_count_places() -> None:
    assert movements(None, ["a", "b"]) == [0, 0]
    assert movements(["a", "b", "c"], ["c", "a", "d"]) == [2, -1, None]
    assert [movement_mark(risen, ascii_only=False)[0] for risen in (2, -1, None, 0)] == [
        "▲2",
        "▼1",
        "new",
        "",
    ]


def test_the_reading_uses_names_of_ones_own_then_tested_ones() -> None:
    axes = [
        NamedAxis(number=1, explained=0.5, high="Horror · older", low="Comedy", features=()),
        NamedAxis(number=2, explained=0.2, high="", low="War", features=()),
    ]
    assert "towards Horror, older (more than 90% of users)" in reading([0.9, 0.5], axes, {}, 3)
    assert "towards Comedy (more than 80% of users)" in reading([0.2, 0.5], axes, {}, 3)
    assert "away from “dark” (more than 80% of users)" in reading([0.2, 0.5], axes, {1: "dark"}, 3)
    assert "the high end of component 2" in reading([0.5, 0.8], axes, {}, 3)
    assert "near the middle" in reading([0.55, 0.45], axes, {}, 3)
    assert reading([0.9, 0.2], axes, {}, 3, most=1).count("towards") == 1


def test_the_canvas_names_the_nearest_and_keeps_the_star_in_view() -> None:
    canvas = FoldInCanvas()
    items = Points(np.array([0.0, 1, 2, 3]), np.zeros(4), list("abcd"), np.zeros(4, np.int32))
    canvas.items, canvas.goal = items, (2.9, 0.0)
    assert canvas.nearest() == (3, 2, 1)
    canvas.goal = None
    assert canvas.nearest() == ()


def test_a_user_who_takes_a_rating_back_is_not_asked_again() -> None:
    one, two = Item("1", "One"), Item("2", "Two")
    given, offers = GivenRatings(), [one, two]
    given.rate(one, 4)
    assert given.next_offer(offers) == two
    given.forget("1")
    assert given.next_offer(offers) == two
    assert given.question() == {"ratings": {}, "likes": ()}
    given.clear()
    assert given.next_offer(offers) == one
