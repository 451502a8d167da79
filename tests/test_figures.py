"""The README's tables of figures are what benchmarks kept; figures of an older recipe are marked."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.documents import ROOT

BENCHMARKS = ROOT / "tests/benchmarks"
sys.path.append(str(BENCHMARKS))
import measured  # noqa: E402
import readme  # noqa: E402


def test_the_readme_shows_the_kept_figures() -> None:
    done = subprocess.run(
        [sys.executable, str(BENCHMARKS / "readme.py"), "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"run python tests/benchmarks/readme.py:\n{done.stdout}{done.stderr}"


def test_every_table_of_figures_stands_in_the_readme_once() -> None:
    document = (ROOT / "README.md").read_text(encoding="utf-8")
    kept = {path.stem for path in measured.FOLDER.glob("*.json")}
    assert kept == set(readme.TABLES)
    assert all(document.count(f"<!-- figures: {name} -->") == 1 for name in kept)


def test_own_figures_name_a_recipe_and_every_figure_a_benchmark_that_is_there() -> None:
    for name in ("architectures", "defaults", "made", "peers", "ranking", "ranking_tables"):
        for one in measured.read(name).figures:
            own = (
                one.row == "Tastemap"
                or one.column in {*readme.RATES, "ease", "stack"}
                or one.row.startswith("`")
            )
            assert not own or one.recipe, one
            script = one.command.split()[1] if one.command.startswith("python ") else ""
            assert not script or (ROOT / script).is_file(), one


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder of figures with one of the default recipe of `bias`."""
    monkeypatch.setattr(measured, "FOLDER", tmp_path / "figures")
    measured.keep("architectures", "bias", "default", {"rmse": 0.8}, measured.recipe_of("bias"))


def test_a_figure_of_todays_recipe_is_shown_as_it_is(kept: None) -> None:
    assert "| 0.800 |" in readme.table("architectures") and "†" not in readme.table("architectures")
    measured.keep("architectures", "bias", "default", {"rmse": 0.7}, measured.recipe_of("bias"))
    assert "| 0.700 |" in readme.table("architectures") and "0.800" not in readme.table("architectures")


@pytest.mark.parametrize("part", ["options", "settings"])
def test_a_figure_whose_recipe_has_changed_is_marked(kept: None, part: str) -> None:
    figures = measured.read("architectures")
    (recipe,) = figures.recipes.values()
    name = next(iter(recipe[part]))
    recipe[part][name] = "other"
    measured.write("architectures", figures)
    assert "| 0.800 † |" in readme.table("architectures") and "\n† " in readme.table("architectures")


def test_a_setting_that_is_new_since_marks_nothing(kept: None) -> None:
    figures = measured.read("architectures")
    (recipe,) = figures.recipes.values()
    del recipe["settings"]["epochs"]
    measured.write("architectures", figures)
    assert "†" not in readme.table("architectures")


def test_a_document_is_rewritten_between_its_marks_alone(kept: None) -> None:
    document = "before\n<!-- figures: architectures -->\nwhat stood there\n<!-- end of figures -->\nafter\n"
    fresh = readme.rewritten(document)
    assert fresh.startswith("before\n") and fresh.endswith("<!-- end of figures -->\nafter\n")
    assert "what stood there" not in fresh and readme.rewritten(fresh) == fresh
