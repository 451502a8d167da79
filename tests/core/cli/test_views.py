"""The commands on a run that was really trained, each in a process of its own."""

import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from core.api import train
from core.ranking import RankingFigures
from tests.support import command, make_ratings, tastemap, write_csv


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A run whose table lies on disk, as the commands find it."""
    folder = tmp_path_factory.mktemp("trained")
    table = write_csv(folder / "ratings.csv", make_ratings())
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TASTEMAP_CACHE", str(folder / "cache"))
        train(table, "bias", options={"factors": 4}, adapt=False, epochs=3, folder=folder / "run")
        yield str(folder / "run")


RANKING = {field.name for field in dataclasses.fields(RankingFigures)}


def ask(*words: str) -> Any:
    return json.loads(command(*words, "--json").stdout)


def test_recommend_gives_unseen_items(trained: str) -> None:
    found = ask("recommend", trained, "u0", "-n", "3")
    assert len(found["items"]) == 3
    ratings = [item["rating"] for item in found["items"]]
    assert ratings == sorted(ratings, reverse=True)


def test_recommend_all_writes_a_file(trained: str, tmp_path: Path) -> None:
    told = ask("recommend", trained, "--all", "-n", "2", "--out", str(tmp_path / "all.csv"))
    assert (told["users"], told["rows"]) == (60, 120)
    assert len((tmp_path / "all.csv").read_text().splitlines()) == 121
    assert ask("recommend", trained, "--diversity", "0", "-n", "1", "--out", str(tmp_path / "all.parquet"))
    for words in (["--all"], ["u0", "--all", "--out", "x.csv"], ["u0", "--out", "x.csv"]):
        done = command("recommend", trained, *words, expect=2)
        assert "--all goes with --out FILE and without users" in done.stderr and not done.stdout
    varied = command("recommend", trained, "--all", "--out", "x.csv", "--diversity", "0.5", expect=2)
    assert "not with --all" in varied.stderr


def test_similar_biases_components_and_map_answer(trained: str, tmp_path: Path) -> None:
    assert len(ask("similar", trained, "100", "-n", "2")["similar"]) == 2
    assert len(ask("similar-users", trained, "u0", "-n", "2")["similar"]) == 2
    assert ask("biases", trained, "-n", "2")["source"] == "item bias"
    assert len(ask("components", trained, "--components", "2")["components"]) == 2
    assert len(ask("map", trained, "--last", "7")["items"]) == 7
    assert "component 1" in command("map", trained).stdout


def test_the_map_is_drawn_into_a_file(trained: str, tmp_path: Path) -> None:
    for ending, beginning in ((".svg", "<svg"), (".txt", " ")):
        out = tmp_path / f"map{ending}"
        told = command("map", trained, "--last", "7", "--out", str(out))
        assert (told.stdout, told.stderr) == ("", f"tastemap: 7 items on {out}\n")
        assert out.read_text().startswith(beginning)
    done = command("map", trained, "--out", str(tmp_path / "map.gif"), expect=2)
    assert "should end in .svg, .png or .txt" in done.stderr and not done.stdout


def test_foldin_and_why_answer(trained: str) -> None:
    folded = ask("foldin", trained, "--rate", "100=5", "--rate", "101=1")
    assert [one["rating"] for one in folded["given"]] == [5, 1]
    assert len(folded["top"]) == 10
    why = ask("why", trained, "u0", "100", "-n", "2")
    assert len(why["influences"]) == 2
    assert why["contributions"]["available"]


def test_diagnose_rank_and_compare_answer(trained: str) -> None:
    assert len(ask("diagnose", trained, "--worst", "2")["worst"]) == 2
    ranked = ask("rank", trained, "-k", "3")
    assert ranked["k"] == 3
    assert ranked["model"].keys() == ranked["popularity"].keys() == RANKING
    first, second = ask("compare", trained, trained)["runs"]
    assert first["rmse"] == second["rmse"]
    assert second["verdict"] == "no clear difference"


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("similar", "RUN", "zzzz"), "No item has the id or title"),
        (("foldin", "RUN", "--rate", "100"), "ITEM=RATING"),
        (("compare", "RUN"), "two runs"),
        (("recommend", "RUN"), "Name a user, or --all with --out FILE"),
        (("recommend", "RUN", "nobody"), "There is no user 'nobody'"),
        (("why", "RUN", "u0", "100", "--had", "100=77"), "0.5 to 5"),
    ],
)
def test_errors_are_plain_words_on_stderr(trained: str, words: tuple[str, ...], reason: str) -> None:
    done = command(*(trained if word == "RUN" else word for word in words), expect=2)
    assert reason in done.stderr
    assert done.stdout == ""


def anew(*words: str) -> Any:
    """Ask in a process that has never read the table."""
    return json.loads(tastemap(*words, "--json").stdout)


def test_a_table_that_is_gone_leaves_predictions(trained: str, tmp_path: Path) -> None:
    source = Path(trained).parent / "ratings.csv"
    source.rename(tmp_path / "away.csv")
    try:
        assert "seen" in tastemap("recommend", trained, "u0", expect=1).stderr
        assert len(anew("recommend", trained, "u0", "--seen")["items"]) == 10
        assert anew("foldin", trained, "--rate", "100=5")["top"]
    finally:
        (tmp_path / "away.csv").rename(source)
