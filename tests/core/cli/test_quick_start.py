"""A question to a run loads what it takes to answer and no more: in a terminal every module is a wait."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import make_ratings, write_csv

HEAVY = (
    *("tensorflow", "keras", "sklearn", "scipy", "pandas", "duckdb", "requests", "textual"),
    *("rich", "plotext", "pydantic", "filelock", "rapidfuzz", "python_calamine"),
    *("core.training", "core.engine", "core.trackers.csv_tracker", "core.testing", "core.pictures", "tui"),
)
"""What none of these questions needs, each a twentieth of a second or more, or the way to such."""

CODE = """
import sys
from core.cli._process import run_to_exit_code
from core.cli import _command
from core.startup import claim_process
claim_process()
code = run_to_exit_code(_command)
print(code, *sys.modules, file=sys.stderr)
"""


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Runs of a file and of the demo set."""
    from core import train

    folder = tmp_path_factory.mktemp("runs")
    table = write_csv(folder / "ratings.csv", make_ratings(30, 20, 10))
    return {
        "file": train(table, "bias", adapt=False, epochs=1, folder=folder / "file").folder,
        "demo": train("demo", "bias", adapt=False, epochs=1, folder=folder / "demo").folder,
    }


def loaded(*words: str) -> set[str]:
    """The modules that a command has loaded at its end, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", CODE, *words], capture_output=True, text=True, timeout=300, check=True
    )
    code, *modules = done.stderr.splitlines()[-1].split()
    assert code == "0", done.stderr
    assert done.stdout
    return set(modules)


@pytest.mark.parametrize("source", ["file", "demo"])
@pytest.mark.parametrize("words", [["predict", "1"], ["recommend"]], ids=lambda words: words[0])
def test_a_question_loads_its_own_view_and_nothing_heavy(
    runs: dict[str, Path], source: str, words: list[str]
) -> None:
    user, item = ("u1", "100") if source == "file" else ("1", "1")
    more = [user, item] if words[0] == "predict" else [user]
    modules = loaded(words[0], str(runs[source]), *more)
    assert not modules & set(HEAVY)
    own = {"predict": "core.views.prediction", "recommend": "core.views.top_items"}[words[0]]
    views = {name for name in modules if name.startswith("core.views.") and name.count(".") == 2}
    shared = {"core.views.registry", "core.views.view", "core.views.search", "core.views.python"}
    rooms = {"core.views.quality", "core.views.new_items"}  # of which only the names are loaded
    assert views - rooms == {own, *shared}


@pytest.mark.parametrize("source", ["file", "demo"])
def test_a_question_that_is_asked_again_parses_nothing(
    runs: dict[str, Path], source: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TASTEMAP_CACHE", str(tmp_path))
    monkeypatch.setenv("TASTEMAP_RUNS", str(runs[source].parent))
    words = ["predict", str(runs[source]), *(("u1", "100") if source == "file" else ("1", "1"))]
    assert "pyarrow" in loaded(*words)
    parsing = {"pyarrow", "sqlite3", "core.data.loading.load", "core.data.checking"}
    needless = loaded(*words) & {*HEAVY, *parsing}
    assert not needless


def test_the_list_of_runs_loads_nothing_heavy(runs: dict[str, Path]) -> None:
    assert not loaded("runs", "--json") & set(HEAVY) - {"rich"}


def test_arrow_still_reads_and_writes_and_pandas_is_there_for_who_imports_it() -> None:
    code = """
from core.startup import claim_process, spare_pandas
import sys
spare_pandas()
guest = "pandas" not in sys.modules
import pyarrow as pa
claim_process()
spare_pandas()
made = pa.array([1, None, 3]), pa.scalar("x"), pa.table({"a": pa.array(["x", "y"])})
assert "pandas" not in sys.modules
import pandas
print(guest, made[0].to_numpy(zero_copy_only=False).tolist()[0], pandas.Series([1, 2]).sum())
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "1.0", "3"]


def test_a_plugin_keeps_arrow_and_pandas_together(tmp_path: Path, runs: dict[str, Path]) -> None:
    plugin = tmp_path / "frames.py"
    plugin.write_text(
        "from core import hookimpl\n\n\n@hookimpl\ndef register_datasets():\n"
        "    import pandas, pyarrow\n"
        "    assert pyarrow.array(pandas.Series([1])).type == pyarrow.int64()\n"
        "    return []\n"
    )
    done = loaded("predict", str(runs["file"]), "u1", "100", "--plugin", str(plugin))
    assert "pandas" in done
