import weakref
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.api import train
from core.errors import RunError
from core.runs.recorded import read_rated
from core.runs.run import Run
from core.views.prediction import judge
from tests.support import make_ratings, write_csv


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    folder = tmp_path_factory.mktemp("saved")
    table = write_csv(folder / "ratings.csv", make_ratings())
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TASTEMAP_CACHE", str(folder / "cache"))
        yield train(table, "dot", options={"factors": 2}, adapt=False, epochs=1, folder=folder / "run")


def test_a_saved_model_knows_its_truths_and_figures(run: Run) -> None:
    model = Run.open(run.folder, run.registry).model
    rated = model.rated
    row = int(rated.in_training.argmin())
    user, item = rated.ratings.users[row], rated.ratings.items[row]
    judged = judge(model, model.users.identifier(user), model.items.identifier(item))
    assert (judged.truth, judged.part) == (rated.ratings.ratings[row], "held-out")
    assert (model.facts.run, model.facts.val_rmse) == (run.id, run.val_rmse)
    assert model.folder == run.folder


def test_a_run_goes_with_its_last_reader(run: Run) -> None:
    opened = Run.open(run.folder, run.registry)
    assert opened.model.rated is read_rated(opened)
    gone = weakref.ref(opened.model)
    del opened
    assert gone() is None, "tables of hundreds of megabytes must not wait for a garbage collection"


def test_runs_of_one_table_share_it(run: Run) -> None:
    first = read_rated(run)
    assert read_rated(Run.open(run.folder, run.registry)) is first


def test_a_changed_table_is_refused_and_a_missing_one_named(run: Run) -> None:
    source = run.folder.parent / "ratings.csv"
    kept = source.read_text()
    try:
        source.write_text(f"{kept}u0,100,0.5\nu999,100,0.5\n")
        with pytest.raises(RunError, match="has changed since"):
            read_rated(Run.open(run.folder, run.registry))
        source.unlink()
        rated, reason = Run.open(run.folder, run.registry).model.rated_or_reason
        assert rated is None and str(Path(source).name) in reason
    finally:
        source.write_text(kept)
