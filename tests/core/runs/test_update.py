"""A run brought up to date with news: what moves, what stays, what is said, what is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import core
from core import Run
from core.errors import DataError, RunError, UsageError
from core.files import runs_folder
from core.runs import list_runs
from tests.support import make_ratings

ARCHITECTURES = [("bias", "rating"), ("dot", "rating"), ("nn", "rating"), ("bayes", "rating")]
RANKING = [
    ("bias", "ranking"),
    ("dot", "ranking"),
    ("nn", "ranking"),
    ("ease", "ranking"),
    ("stack", "ranking"),
]
OPTIONS: dict[str, dict[str, Any]] = {
    "bias": {"factors": 4},
    "dot": {"factors": 4},
    "nn": {"factors": 4},
    "bayes": {"factors": 2, "sweeps": 4, "burn_in": 1, "components": 4},
    "stack": {"factors": 4, "members": 1, "passes": 3},
    "ease": {"l2": 5.0},
}


def frame_of(seed: int = 0) -> pd.DataFrame:
    table = make_ratings(users=50, items=30, per_user=18, seed=seed)
    return pd.DataFrame(
        {
            "user": table.user_vocabulary.ids[table.users],
            "item": table.item_vocabulary.ids[table.items],
            "rating": table.ratings,
        }
    )


NEWS = pd.DataFrame(
    {
        "user": ["u0", "u0", "new", "new", "new", "u3", "u4", "new"],
        "item": [100, 900, 101, 102, 103, 900, 900, 900],
        "rating": [0.5, 4.0, 5.0, 4.5, 1.0, 3.5, 4.0, 4.0],
    }
)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, str], Run]:
    """Runs of a made table, each trained once for the module."""
    kept: dict[tuple[str, str], Run] = {}
    folder = tmp_path_factory.mktemp("trained")

    def train(architecture: str, objective: str = "rating") -> Run:
        key = architecture, objective
        if key not in kept:
            kept[key] = core.train(
                frame_of(),
                architecture,
                options=OPTIONS[architecture],
                objective=objective,
                folder=folder / f"{architecture}-{objective}",
                **({} if architecture in ("ease", "stack") else {"epochs": 2}),
            )
        return kept[key]

    return train


@pytest.mark.parametrize(("architecture", "objective"), [*ARCHITECTURES, *RANKING])
def test_touched_rows_move_and_all_others_stay(
    trained: Callable[..., Run], architecture: str, objective: str
) -> None:
    parent = trained(architecture, objective)
    known_pair = bool(((frame_of()["user"] == "u0") & (frame_of()["item"] == 100)).any())
    child = parent.update(NEWS, hold_out=0.0)

    old, new, told = parent.model, child.model, child.updated
    assert told is not None and told.parent == parent.id and child.config.parent["run"] == parent.id
    assert (told.added, told.changed) == ((7, 1) if known_pair else (8, 0))
    assert (told.new_users, told.new_items) == (1, 1)
    assert new.users.ids[: len(old.users)].tolist() == old.users.ids.tolist()
    assert new.items.ids[: len(old.items)].tolist() == old.items.ids.tolist()
    assert new.users.row("new") == len(old.users) and new.items.row(900) == len(old.items)

    rows = {
        "user": [old.users.row(one) for one in ("u0", "u3", "u4")],
        "item": list(map(old.items.row, range(100, 104))),
    }
    for name, table in old.weights.items():
        if not name.startswith("table/") or architecture == "ease":  # which is solved again as a whole
            continue
        side = name.removeprefix("table/").partition("_")[0]
        untouched = np.setdiff1d(np.arange(len(table)), rows[side])
        np.testing.assert_array_equal(new.weights[name][untouched], table[untouched], err_msg=name)
    for name in (name for name in old.weights if name.startswith("head/")):
        np.testing.assert_array_equal(new.weights[name], old.weights[name])
    np.testing.assert_array_equal(
        np.delete(new.baseline.user_offsets[:-1], rows["user"]),
        np.delete(old.baseline.user_offsets, rows["user"]),
    )
    assert np.isfinite(new.predict_many(["new", "u0"], [100, 900])).all()
    assert not new.predict("new", 100).fallback and not new.predict("u1", 900).fallback
    if objective == "rating":
        liked, disliked = (new.predict("new", item).raw for item in (101, 103))
        assert liked - disliked > old.predict("u7", 101).raw - old.predict("u7", 103).raw
    deviation = new.predict("new", 100).deviation
    assert (deviation is not None and deviation > 0) == (architecture == "bayes")


def test_each_new_rating_moves_no_more_than_it_weighs(trained: Callable[..., Run]) -> None:
    """A trained row is where its ratings put it: one more of what the model predicts moves it hardly."""
    parent = trained("bias")
    user = parent.model.users.identifier(5)
    seen = set(frame_of().query("user == @user")["item"])
    item = next(one for one in parent.model.items.ids.tolist() if one not in seen)
    said = parent.predict(user, item).rating

    def moved(rating: float) -> float:
        child = parent.update(
            pd.DataFrame({"user": [user], "item": [item], "rating": [rating]}), hold_out=0.0
        )
        row = parent.model.users.row(user)
        before, after = (run.model.weights["table/user_factors"][row] for run in (parent, child))
        return float(np.linalg.norm(after - before))

    assert said is not None
    assert moved(round(said * 2) / 2) < moved(0.5 if said > 2.5 else 5.0)


def test_ratings_taken_back_are_forgotten_and_the_same_update_twice_changes_nothing(
    trained: Callable[..., Run],
) -> None:
    parent = trained("bias")
    gone = frame_of().head(3)[["user", "item"]]
    child = parent.update(withdrawn=pd.concat([gone, pd.DataFrame({"user": ["nobody"], "item": [100]})]))
    told = child.updated
    assert told is not None and (told.withdrawn, told.unknown, told.added) == (3, 1, 0)
    pairs = child.model.rated.ratings
    left = set(
        zip(pairs.user_vocabulary.ids[pairs.users], pairs.item_vocabulary.ids[pairs.items], strict=True)
    )
    assert not left & set(gone.itertuples(index=False, name=None))
    assert len(pairs) == len(frame_of()) - 3

    runs = len(list_runs())
    assert parent.update(withdrawn=gone).id == child.id
    assert child.update(withdrawn=gone).id == child.id
    assert child.update(frame_of().tail(20)).id == child.id  # all of it is there already
    assert len(list_runs()) == runs

    back = child.update(frame_of().head(3), hold_out=0.0)
    assert back.updated is not None and back.updated.added == 3
    assert back.config.parent["run"] == child.id and back.evaluate().ratings == child.evaluate().ratings


def test_what_is_held_out_stays_held_out_and_judges_before_and_after(trained: Callable[..., Run]) -> None:
    parent = trained("bias")
    news = frame_of(seed=1)
    news["user"] = "other " + news["user"]
    child = parent.update(news)
    told = child.updated
    assert told is not None and told.measured == pytest.approx(0.2 * len(news), rel=0.3)
    assert told.after is not None and told.before is not None and told.baseline is not None
    assert told.after < told.before and told.difference == pytest.approx(told.after - told.before)
    assert told.difference_low <= told.difference <= told.difference_high
    was, now = parent.model.rated, child.model.rated
    assert int(now.held_out.sum()) == int(was.held_out.sum()) + told.measured
    judged = child.evaluate()
    assert judged.rmse == pytest.approx(child.val_rmse) and judged.baseline_rmse is not None
    trained_users = set(now.ratings.users[now.in_training].tolist())
    assert trained_users == set(range(len(child.model.users)))  # nobody new is held out wholly
    assert told.since_full > 0.2 and "--full" in told.advice


def test_an_update_of_likes_by_their_own_columns(tmp_path: Path) -> None:
    """Text ids, no values, other column names, one new user alone; plays count anew, not on top."""
    likes = [(f"a{u}", f"x{i}") for u in range(30) for i in range(20) if (u + i) % 3 == 0 or u % 5 == i % 5]
    table = tmp_path / "plays.csv"
    table.write_text("listener,artist,plays\n" + "".join(f"{u},{i},{1 + len(u + i)}\n" for u, i in likes))
    reading = {
        "user_column": "listener",
        "item_column": "artist",
        "rating_column": "plays",
        "kind": "interactions",
    }
    parent = core.train(core.load_ratings(table, reading), "bias", options={"factors": 4}, epochs=2)
    news = tmp_path / "news.tsv"
    news.write_text("userId\titemId\tcount\nzoë\tx1\t9\nzoë\tx4\t2\nzoë\tx7\t400\n")
    child = parent.update(news, hold_out=0.0)
    assert child.updated is not None and (child.updated.added, child.updated.new_users) == (3, 1)
    assert child.recommend("zoë", n=3).items
    again = pd.DataFrame({"user": ["zoë"], "item": ["x1"], "plays": [9]})
    assert child.update(again).id == child.id
    more = child.update(pd.DataFrame({"user": ["zoë"], "item": ["x1"], "plays": [99]}))
    assert more.updated is not None and (more.updated.changed, more.updated.added) == (1, 0)
    for run in (child, more):
        rated = run.model.rated
        row = rated.ratings.user_vocabulary.row("zoë")
        assert len(rated.by_user.rows(row)) == 3


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("user,item,rating\nu0,100,4\nu1,101,six\n", "line 3.*'six' is not a number"),
        ("user,item,rating\nu0,100,4\nu1,101,\n", "line 3.*--withdrawn"),
        ("user,item,rating\nu0,100,9\n", "line 2.*ratings go from 0.5 to 5, not 9"),
        ("user,rating\nu0,3\n", "item"),
        ("user,item\nu0,100\n", "no column of ratings.*--withdrawn"),
    ],
)
def test_news_that_cannot_be_used_is_refused_and_nothing_has_changed(
    trained: Callable[..., Run], tmp_path: Path, text: str, said: str
) -> None:
    (tmp_path / "news.csv").write_text(text)
    with pytest.raises(DataError, match=said):
        trained("bias").update(tmp_path / "news.csv")
    assert not runs_folder().exists() or not list(runs_folder().iterdir())


def test_contradictions_and_a_table_that_is_gone_are_told(
    trained: Callable[..., Run], tmp_path: Path
) -> None:
    parent = trained("bias")
    one = frame_of().head(1)
    with pytest.raises(UsageError, match="takes the rating back as well"):
        parent.update(one.assign(rating=1.0), withdrawn=one[["user", "item"]])
    with pytest.raises(UsageError, match="Say what is new"):
        parent.update()
    table = tmp_path / "table.csv"
    frame_of(seed=3).to_csv(table, index=False)  # of a table that is open the ratings are at hand
    run = core.train(table, "bias", options={"factors": 2}, epochs=1)
    table.rename(tmp_path / "moved.csv")
    with pytest.raises(RunError, match="--data"):
        run.update(NEWS)
    child = run.update(NEWS, data=tmp_path / "moved.csv")
    grand = child.update(
        pd.DataFrame({"user": ["u9"], "item": [900], "rating": [2.0]})
    )  # it has its own ratings
    assert grand.config.parent["run"] == child.id and grand.updated is not None
    with pytest.raises(UsageError, match="no training to go on with"):
        core.resume(str(child.folder))


def test_an_update_that_is_killed_leaves_nothing(
    trained: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    parent = trained("dot")
    before = {path: path.read_bytes() for path in parent.folder.rglob("*.json*")}

    def killed(self: Any, *_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("core.runs.writer.RunWriter.finish", killed)
        with pytest.raises(KeyboardInterrupt):
            parent.update(NEWS)
    assert not list(runs_folder().iterdir())
    left = runs_folder() / ".dot-1.partial"  # as a kill leaves it, that nobody can tidy up after
    left.mkdir()
    (left / "config.json").write_text("{}")
    assert not list_runs()
    child = parent.update(NEWS)
    assert [path.name for path in runs_folder().iterdir()] == [child.id]
    assert {path: path.read_bytes() for path in parent.folder.rglob("*.json*")} == before
