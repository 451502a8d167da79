"""A SavedModel answers in plain TensorFlow what the run answers, by all three signatures."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import core
from core import Run
from core.cli.export import export_saved_model
from core.errors import UsageError
from core.views import FoldIn, TopItems
from tests.support import make_ratings

IN_PLAIN_TENSORFLOW = """
import json, sys
import tensorflow as tf

def plain(value):
    return (value.numpy().astype(str) if value.dtype == tf.string else value.numpy()).tolist()

def answers(path, name, given):
    asked = tf.saved_model.load(path).signatures[name]
    kinds = {one.name: one.dtype for one in asked.structured_input_signature[1].values()}
    found = asked(**{key: tf.constant(values, kinds[key]) for key, values in given.items()})
    return {key: plain(value) for key, value in found.items()}

asked = json.load(sys.stdin)
told = {path: [answers(path, *one) for one in questions] for path, questions in asked.items()}
assert not any(name.split(".")[0] in ("core", "models_plugins") for name in sys.modules)
json.dump(told, sys.stdout)
"""
CASES: dict[str, tuple[str, dict[str, Any]]] = {
    "bias": ("bias", {"factors": 3}),
    "nn": ("nn", {"factors": 3, "hidden_units": 5}),
    "bias-ranking": ("bias", {"factors": 3}),
    "ease": ("ease", {"l2": 5.0}),
}
TOP = 6
USERS, ITEMS = ["u0", "u1", "nobody", "u2", "nobody"], [100, 107, 104, 9999, 9999]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Run]:
    """Text ids of users, whole numbers of items; one item more that nobody rated is fine too."""
    table, folder = make_ratings(users=40, items=24, per_user=10), tmp_path_factory.mktemp("served")
    likes = replace(table, kind="interactions", ratings=np.ones(len(table), np.float32))
    trained = {}
    for name, (architecture, options) in CASES.items():
        ranks = name in ("bias-ranking", "ease")
        settings: dict[str, Any] = {} if architecture == "ease" else {"epochs": 2}
        trained[name] = core.train(
            likes if ranks else table, architecture, options=options, folder=folder / name, **settings
        )
    return trained


@pytest.fixture(scope="module")
def served(runs: dict[str, Run], tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[dict[str, Any]]]:
    """What plain TensorFlow says of all of them, in one process."""
    folder = tmp_path_factory.mktemp("saved")
    questions = [
        [
            "serving_default",
            {"user": ["u0", "u1", "nobody", "u2", "nobody"], "item": [100, 107, 104, 9999, 9999]},
        ],
        ["recommend", {"user": ["u3", "u4", "nobody"]}],
        ["fold_in", {"item": [[100, 105, 110], [103, 9999, 9999]], "rating": [[5, 1, 4.5], [2, 3, 3]]}],
    ]
    asked = {str(export_saved_model(run.model, folder / name, TOP)): questions for name, run in runs.items()}
    done = subprocess.run(
        [sys.executable, "-c", IN_PLAIN_TENSORFLOW],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        check=False,
        timeout=400,
        cwd=folder,
    )
    assert done.returncode == 0, done.stderr
    return {Path(path).name: answers for path, answers in json.loads(done.stdout).items()}


@pytest.mark.parametrize("name", CASES)
def test_plain_tensorflow_answers_as_the_run(
    runs: dict[str, Run], served: dict[str, list[dict[str, Any]]], name: str
) -> None:
    run, (pairs, lists, folded) = runs[name], served[name]
    model, shown = run.model, "score" if run.objective == "ranking" else "rating"
    np.testing.assert_allclose(pairs[shown], model.predict_many(USERS, ITEMS), rtol=1e-4, atol=1e-4)
    for place, user in enumerate(("u3", "u4")):
        own = run.ask(TopItems(user=(user,), count=TOP)).items
        assert lists["item"][place] == [one.item for one in own]
        np.testing.assert_allclose(
            lists[shown][place], [one.rating or one.score for one in own], rtol=1e-4, atol=1e-4
        )
    assert len(set(lists["item"][2])) == TOP  # a stranger gets what the means say
    for place, given in enumerate(({100: 5, 105: 1, 110: 4.5}, {103: 2})):
        question = (
            FoldIn(likes=tuple(given), count=TOP) if shown == "score" else FoldIn(ratings=given, count=TOP)
        )
        own = run.ask(question).top
        scores = [one.rating or one.score for one in own]
        np.testing.assert_allclose(folded[shown][place], scores, rtol=2e-3, atol=2e-3)
        assert len(set(folded["item"][place]) & {one.item for one in own}) >= TOP - 1


def test_a_folder_that_is_taken_is_left_alone(runs: dict[str, Run], tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "file").touch()
    with pytest.raises(UsageError, match="is there already"):
        export_saved_model(runs["bias"].model, tmp_path / "taken", TOP)
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]
