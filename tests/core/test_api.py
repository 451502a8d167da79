from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from core import load_run, train
from core.api import evaluate
from core.contract.plugins import load_plugins
from core.data.ratings import Ratings, Vocabulary
from core.errors import DataError, TastemapError, UsageError
from core.model.baseline import Baseline
from core.model.damped_means import learn_damped_means
from core.protocol.events import Finished
from core.runs.run import Run
from core.trackers import Tracker
from tests.processes import Child
from tests.support import table_of

ROOT = Path(__file__).parent.parent.parent


def test_importing_core_loads_nothing_heavy() -> None:
    code = (
        "import sys, core, core.protocol.events, core.protocol.commands, core.errors, core.options;"
        "sys.exit(any(n in sys.modules for n in ('numpy', 'pandas', 'keras', 'tensorflow', 'rich')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_every_public_name_exists() -> None:
    import core

    for name in core.__all__:
        assert getattr(core, name) is not None
    with pytest.raises(AttributeError, match="nonsense"):
        _ = core.nonsense


@pytest.mark.slow
def test_the_example_of_the_readme_runs() -> None:
    text = (ROOT / "README.md").read_text()
    example = re.search(r"```python\n(.*?)```", text, re.DOTALL)
    assert example is not None
    child = Child(example[1])
    told, said = child.communicate()
    assert child.returncode == 0, said
    assert re.search(r"\d\.\d", told)


def test_a_run_is_saved_and_predicts_the_same_when_loaded(ratings: Ratings) -> None:
    events = []
    run = train(ratings, "bias", epochs=3, options={"factors": 4}, on_event=events.append)
    loaded = load_run(run.id[:-2])
    assert loaded.val_rmse == run.val_rmse == events[-1].val_rmse
    assert isinstance(events[-1], Finished)
    assert loaded.predict("u3", "105") == run.predict("u3", 105)
    assert loaded.predict("u3", 105).title == "Title 5"
    whole = loaded.model.predict_ratings(ratings)
    assert whole.shape == (len(ratings),)
    one = loaded.predict(
        ratings.user_vocabulary.identifier(int(ratings.users[0])), 100 + int(ratings.items[0])
    )
    assert one.rating == pytest.approx(float(whole[0]), abs=1e-5)


def test_a_net_is_reloaded_from_its_plugin_and_predicts_the_same(ratings: Ratings) -> None:
    run = train(ratings, "nn", adapt=False, epochs=2, options={"factors": 4})
    measured = evaluate_whole(run, ratings)
    assert measured == evaluate_whole(load_run(run.id), ratings)
    terms = run.model.scorer.terms(3, 5)
    assert terms is not None
    assert {name: part.shape for name, part in terms.items()} == {
        "factors": (4,),
        "user bias": (1,),
        "item bias": (1,),
        "net": (1,),
    }
    total = run.model.scoring.offset + sum(float(part.sum()) for part in terms.values())
    assert total == pytest.approx(run.predict("u3", 105).raw, abs=1e-4)
    whole = train(ratings, "nn", recipe="notebook", adapt=False, epochs=1, options={"factors": 4})
    assert whole.model.scorer.terms(3, 5) is None, "there the net is the whole score"


def evaluate_whole(run: Run, ratings: Ratings) -> float:
    return evaluate(run, ratings).rmse


def test_a_run_gives_frames_and_shows_itself(ratings: Ratings) -> None:
    run = train(ratings, "bias", adapt=False, epochs=3, options={"factors": 4})
    factors, history = run.factors("item"), run.history
    assert factors.shape == (ratings.item_count, 4) and factors.index.name == "item"
    np.testing.assert_array_equal(factors.loc[105], run.model.table("item_factors")[5])  # type: ignore[index]
    assert run.factors("user").index[3] == "u3"
    with pytest.raises(UsageError, match="not 'film'"):
        run.factors("film")  # type: ignore[arg-type]
    assert history["val_rmse"].tolist() == [epoch["val_rmse"] for epoch in run.epochs]
    assert history.index.tolist() == [1, 2, 3] and "tuning_rmse" not in history
    pairs = pa.table({"uid": ["u3", "u7"], "sku": ["Title 5", "Title 6"]})
    many = run.predict(pairs, user_column="uid", item_column="sku")
    alone = [run.predict("u3", "Title 5").rating, run.predict("u7", "Title 6").rating]
    assert many["rating"].tolist() == pytest.approx(alone)
    assert run.compare([run, str(run.folder)]).runs[2].verdict
    assert f"{run.val_rmse:.4f} (damped means" in repr(run) and "<svg" in run._repr_html_()
    assert f"<title>epoch 3: val RMSE {run.epochs[2]['val_rmse']:.4f}</title>" in run.curves().to_svg()
    for wrong, reason in ((pd.DataFrame({"user": ["u1"]}), "item"), ([1], "a frame")):
        with pytest.raises(TastemapError, match=reason):
            run.predict(wrong)
    with pytest.raises(DataError, match="line 2, column 'item'"):
        run.predict(pd.DataFrame({"user": ["u1", "u2"], "item": ["100", None]}))


def test_terms_of_a_prediction_sum_to_it(ratings: Ratings, tmp_path: Path) -> None:
    run = train(ratings, "bias", adapt=False, epochs=3, options={"factors": 4}, folder=str(tmp_path / "run"))
    terms = run.model.scorer.terms(3, 5)
    assert terms is not None
    assert {name: part.shape for name, part in terms.items()} == {
        "factors": (4,),
        "user bias": (1,),
        "item bias": (1,),
    }
    total = run.model.scoring.offset + sum(float(part.sum()) for part in terms.values())
    assert total == pytest.approx(run.predict("u3", 105).raw, abs=1e-5)


def test_ids_that_training_never_saw_get_the_documented_fallback(ratings: Ratings) -> None:
    run = train(ratings, "bias", epochs=3)
    baseline = run.model.baseline
    own = float(baseline.mean + baseline.user_offsets[3])
    other = float(baseline.mean + baseline.item_offsets[5])
    pairs = {"user": ["nobody", "u3", "nobody", "u3"], "item": ["nothing", "nothing", "105", "title 5"]}
    frame = run.predict(pd.DataFrame(pairs, [4, 3, 2, 2]))
    assert frame.index.tolist() == [4, 3, 2, 2]
    assert frame["raw"].tolist() == pytest.approx(
        [baseline.mean, own, other, run.predict("u3", 105).raw], abs=1e-5
    )
    assert frame["fallback"].map(bool).tolist() == [True, True, True, False]
    assert "no user 'nobody' and there is no item 'nothing'" in frame["fallback"].iloc[0]
    assert run.predict("nobody", 105).raw == pytest.approx(other, abs=1e-5)
    with pytest.raises(UsageError, match="No item has the id or title 'nothing'"):
        run.predict("u3", "nothing")


def test_baseline_offsets_are_damped_means() -> None:
    table = table_of([0, 0, 1], [0, 1, 0], [5.0, 4.0, 3.0], users=3, items=2)
    baseline = Baseline.measure(table.users, table.items, table.ratings, (3, 2), table.scale)
    learnt = learn_damped_means(table.users, table.items, table.ratings, (3, 2))
    assert baseline.mean == learnt.mean
    np.testing.assert_allclose(baseline.user_offsets, learnt.user_offsets, rtol=1e-6)
    assert baseline.user_offsets[2] == 0
    np.testing.assert_array_equal(baseline.user_counts, [2, 1, 0])
    raw = np.array([9.0, 9.0], np.float32)
    fallback = baseline.mean + baseline.item_offsets[1]
    np.testing.assert_allclose(
        baseline.predictions(raw, np.array([0, 2]), np.array([0, 1])), [5.0, fallback], rtol=1e-6
    )


def test_renaming_ids_changes_no_prediction(ratings: Ratings) -> None:
    renamed = replace(
        ratings,
        user_vocabulary=Vocabulary(np.arange(900, 900 + ratings.user_count)),
        item_vocabulary=Vocabulary(np.array([f"item {row * 7}" for row in range(ratings.item_count)])),
    )
    first, second = (train(table, "bias", epochs=3).model for table in (ratings, renamed))
    np.testing.assert_array_equal(first.predict_ratings(ratings), second.predict_ratings(renamed))


def test_a_tracker_hears_every_event_and_a_broken_one_costs_nothing(ratings: Ratings) -> None:
    heard = []
    registry = load_plugins()
    starts = {
        "sound": lambda config, folder: heard.append,
        "dead": lambda config, folder: 1 / 0,
        "failing": lambda config, folder: lambda event: 1 / 0,
    }
    registry.trackers = {name: Tracker(name, "", start) for name, start in starts.items()}
    run = train(ratings, "bias", adapt=False, epochs=2, registry=registry, trackers=list(starts))
    assert run.state == "finished"
    assert [type(event).__name__ for event in heard if type(event).__name__ != "PhaseChanged"] == [
        "RunStarted",
        "EpochFinished",
        "EpochFinished",
        "Finished",
    ]
