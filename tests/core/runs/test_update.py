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
RANKING = [("bias", "ranking"), ("dot", "ranking"), ("nn", "ranking"), ("ease", "ranking"), ("stack", "ranking")]
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

    rows = {"user": [old.users.row(one) for one in ("u0", "u3", "u4")], "item": list(map(old.items.row, range(100, 104)))}
    for name, table in old.weights.items():
        if not name.startswith("table/") or architecture == "stack":
            continue
        side = name.removeprefix("table/").partition("_")[0]
        untouched = np.setdiff1d(np.arange(len(table)), rows[side])
        np.testing.assert_array_equal(new.weights[name][untouched], table[untouched], err_msg=name)
    for name in (name for name in old.weights if name.startswith("head/")):
        np.testing.assert_array_equal(new.weights[name], old.weights[name])
    np.testing.assert_array_equal(
        np.delete(new.baseline.user_offsets[:-1], rows["user"]), np.delete(old.baseline.user_offsets, rows["user"])
    )
    assert np.isfinite(new.predict_many(["new", "u0"], [100, 900])).all()
    assert not new.predict("new", 100).fallback and not new.predict("u1", 900).fallback
    if objective == "rating":
        liked, disliked = (new.predict("new", item).raw for item in (101, 103))
        assert liked - disliked > old.predict("u7", 101).raw - old.predict("u7", 103).raw
    deviation = new.predict("new", 100).deviation
    assert (deviation is not None and deviation > 0) == (architecture == "bayes")
