"""Ratings kept under names, taken back, and told on a card."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from textual.pilot import Pilot

from core.contract.plugins import Registry
from core.errors import RunError
from core.views.similar import SimilarUser
from tests.tui.driving import run_app, screen_text, sees, until
from tests.tui.test_fold_in_screen import FoldInEngine, arrive
from tui.fold_in._card import TasteCard, save_card
from tui.fold_in._profiles import FIRST, Profiles, keep, profiles_of
from tui.fold_in._state import GivenRating, GivenRatings
from tui.shell.app import TastemapApp

Piloted = Pilot[int]


@pytest.fixture
def engine() -> FoldInEngine:
    return FoldInEngine()


def test_profiles_are_kept_for_a_table_under_names() -> None:
    profiles = profiles_of(3, 4, "scale")
    assert profiles.current == FIRST and profiles.path is not None
    profiles.now.ratings["7"] = GivenRating("Alien \x1b[2J", 4.5)
    profiles.switch("Anna")
    profiles.now.ratings["7"] = GivenRating("Alien", 2.5)
    profiles.now.ratings["8"] = GivenRating("Heat", None)
    profiles.now.skipped.add("9")
    keep(profiles.path, profiles.to_json())
    read = profiles_of(3, 4, "scale")
    assert read.current == "Anna" and read.now.skipped == {"9"}
    assert read.given[FIRST].ratings["7"].rating == 4.5
    assert "\x1b" not in read.given[FIRST].ratings["7"].title
    assert read.together().ratings["7"].rating == 3.5
    assert read.now.ratings["8"].rating is None and read.together().ratings["8"].rating is None
    assert profiles_of(3, 5, "scale").now.ratings == {}, "another table has ratings of its own"
    profiles.path.write_text("{")
    with pytest.raises(RunError, match="damaged"):
        profiles_of(3, 4, "scale")
    assert Profiles().now.ratings == {}


def test_ratings_outlive_the_app_are_undone_and_make_a_card(
    engine: FoldInEngine, registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    folded = engine.folded_in
    twin = SimilarUser(user=414, ratings=77, similarity=0.93)
    engine.folded_in = lambda *of: replace(folded(*of), twins=(twin,))  # type: ignore[method-assign]

    async def scenario(app: TastemapApp, pilot: Piloted) -> None:
        await arrive(app, pilot, engine)
        await pilot.press("u")
        await sees(pilot, "Nothing to undo")
        await pilot.press("5", "1")
        await sees(pilot, "Your ratings: 2")
        await pilot.press("u")
        await sees(pilot, "Your ratings: 1", "User 414 rates most like you (0.93)")
        named = sum(view == "components" for view, _, _ in engine.asked)
        await pilot.press("f4", "f7")
        await until(
            pilot,
            lambda: sum(view == "components" for view, _, _ in engine.asked) > named,
            "names given in the meantime",
        )
        await pilot.press("c")
        await sees(pilot, "The taste of you", "Would like", "user 414")
        await pilot.press("e")
        await until(pilot, (tmp_path / "taste-you.svg").exists, "the card")
        await pilot.press("n")
        await sees(pilot, "Who rates? Now it is you.")
        await pilot.press("down", "enter", *"Anna", "enter")
        await until(pilot, lambda: "Your ratings: 1" not in screen_text(app), "nothing of Anna's yet")

    run_app(scenario, engine, registry)
    text = (tmp_path / "taste-you.txt").read_text(encoding="utf-8")
    assert "The taste of you" in text and "user 414" in text
    assert "url(http" not in (tmp_path / "taste-you.svg").read_text(encoding="utf-8")
    second = FoldInEngine()

    async def later(app: TastemapApp, pilot: Piloted) -> None:
        await arrive(app, pilot, second)
        await pilot.press("n")
        await sees(pilot, "Now it is Anna.", "1 rating")
        await pilot.press("enter")
        await sees(pilot, "Your ratings: 1")

    run_app(later, second, registry)


def test_a_card_is_plain_text_and_a_picture(engine: FoldInEngine, tmp_path: Path) -> None:
    given = GivenRatings({"1": GivenRating("[b]Alien[/b] (1979)", 5)})
    card = TasteCard("A/B", "You lean towards Horror.", given, engine.recorded)
    paths = save_card(card, tmp_path)
    assert [path.name for path in paths] == ["taste-A-B.svg", "taste-A-B.txt"]
    assert "[b]Alien[/b]" in paths[1].read_text(encoding="utf-8")
