"""The public names from outside: a program that uses nothing else passes both type checkers, and runs."""

from __future__ import annotations

import importlib
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROGRAM = Path(__file__).with_name("uses_tastemap.py")
MYPY = "[mypy]\nstrict = True\nmypy_path = {root}\nfollow_imports = silent\nignore_missing_imports = True\n"
CHECKED = {
    "typeCheckingMode": "strict",
    "extraPaths": [str(ROOT)],
    "include": ["program.py"],
    "reportMissingTypeStubs": False,
}


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """A folder of somebody else's, with the program and the settings of both checkers."""
    shutil.copy(PROGRAM, tmp_path / "program.py")
    (tmp_path / "mypy.ini").write_text(MYPY.format(root=ROOT))
    (tmp_path / "pyrightconfig.json").write_text(json.dumps(CHECKED))
    return tmp_path


def checked(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *words], cwd=folder, capture_output=True, text=True, timeout=500, check=False
    )


@pytest.mark.slow
def test_both_type_checkers_accept_it_and_refuse_what_is_wrong(outside: Path) -> None:
    mistakes = "run.recommend(1, count=3)\nrun.fold_in(5)\nrun.recommend(1, rank_by='best')\n"
    (outside / "wrong.py").write_text(f"from core import load_run\n\nrun = load_run('x')\n{mistakes}")
    done = checked(outside, "mypy", "--config-file", "mypy.ini", "program.py", "wrong.py")
    found = re.findall(r"^wrong.py:(\d+): error", done.stdout, re.MULTILINE)
    assert (found, done.stdout.count(": error")) == (["4", "5", "6"], 3), done.stdout + done.stderr
    included = {**CHECKED, "include": ["program.py", "wrong.py"]}
    (outside / "pyrightconfig.json").write_text(json.dumps(included))
    done = checked(outside, "basedpyright", "-p", ".", "--outputjson")
    told = json.loads(done.stdout)["generalDiagnostics"]
    lines = {(Path(one["file"]).name, one["range"]["start"]["line"] + 1) for one in told}
    assert lines == {("wrong.py", 4), ("wrong.py", 5), ("wrong.py", 6)}, told


@pytest.mark.slow
def test_it_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(PROGRAM.parent)
    program = importlib.import_module("uses_tastemap")
    program.main(tmp_path)
    assert "There is no run 'nothing like it'" in capsys.readouterr().out
