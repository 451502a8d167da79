"""Every code block of every document runs, or says here why it can't."""

from __future__ import annotations

import importlib
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core import load_plugins, train
from core.runs import list_runs
from core.testing import assert_conforms
from core.views import Table, View, compute
from tests.core.views.handmade import hand_model
from tests.documents import ROOT, Block, blocks, commands, run_python
from tests.support import command

ELSEWHERE = {
    "python3 -m venv": "the clean check-out of CI runs it, word for word",
    "TF_CONFIG": "takes two machines; tests/core/training/several starts two processes",
}
ONLY_CHECKED = {
    ("verdict",): "tests/core/verdict runs it, which trains a model on three splits",
    ("bench",): "the table is downloaded",
    ("train", "--data", "ml-latest-small"): "the table is downloaded",
    ("data", "fetch"): "the table is downloaded",
}
"""Commands whose words are only parsed, and why."""

IMPORTS = """from dataclasses import dataclass
from typing import ClassVar

from core.model import Model, by_popularity
from core.options import option
from core.views import Answer, Lines, Table, View
"""
TRAINING = ("train", "race", "crossval", "verdict")
FILMS = {1: "Toy Story (1995)", 296: "Pulp Fiction (1994)", 2571: "Matrix, The (1999)"}
APART = {".venv", "tests"}
DOCUMENTS = sorted(
    path
    for path in ROOT.rglob("*.md")
    if not APART & set(path.relative_to(ROOT).parts) and path.name != "CHANGELOG.md"
)


def code(path: Path, *languages: str) -> list[Block]:
    return blocks(path.read_text(encoding="utf-8"), *languages)


def runnable(path: Path) -> Iterator[list[str]]:
    """The words of all commands of a document's blocks, without those that run elsewhere."""
    for block in code(path, "sh"):
        if not any(mark in block.text for mark in ELSEWHERE):
            yield from commands(block.text)


@pytest.fixture
def tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the tables that the README names: 30 users' ratings of 12 films."""
    generator = np.random.default_rng(0)
    films = [*FILMS, *range(10, 19)]
    rows = [
        (user, film, generator.integers(1, 11) / 2, 1_500_000_000 + user * 100 + place)
        for user in range(1, 31)
        for place, film in enumerate(generator.permutation(films)[:8].tolist())
    ]
    lines = [",".join(map(str, row)) for row in rows]
    for folder in (tmp_path, tmp_path / "films"):
        folder.mkdir(exist_ok=True)
        (folder / "ratings.csv").write_text("\n".join(["userId,movieId,rating,timestamp", *lines]))
    titles = [f'{film},"{FILMS.get(film, f"Film {film} (2000)")}",Drama' for film in films]
    (tmp_path / "films/movies.csv").write_text("\n".join(["movieId,title,genres", *titles]))
    (tmp_path / "purchases.csv").write_text("\n".join(["user,item", *(f"{row[0]},{row[1]}" for row in rows)]))
    for name, part in (("u1.base", rows[::2]), ("u1.test", rows[1::2])):
        (tmp_path / name).write_text("".join("\t".join(map(str, map(int, row))) + "\n" for row in part))
    (tmp_path / "news.csv").write_text("userId,movieId,rating\n1,296,4\n900,1,5\n900,10,2\n900,4444,3\n")
    (tmp_path / "gone.csv").write_text("userId,movieId\n2,1\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def quicker(words: list[str]) -> list[str]:
    """Fewer epochs, trials and folds, which say nothing of whether a command works."""
    short = {"--tune": "2", "--folds": "2", "--epochs": "1"}
    told = [short.get(before, word) for before, word in zip(["", *words], words, strict=False)]
    long = words[0] in TRAINING and "--resume" not in words and not {"notebook", "ease"} & set(words)
    return [*told, "--epochs", "1"] if long and "--epochs" not in words else told


@pytest.mark.slow
def test_the_commands_of_the_readme_work(tables: Path) -> None:
    ran, before = 0, ["train"]
    for words in runnable(ROOT / "README.md"):
        if words[:3] and any(tuple(words[: len(start)]) == start for start in ONLY_CHECKED):
            assert "--nonsense" in command(*words, "--nonsense", expect=2).stderr
            continue
        if words[0] not in TRAINING and before[0] in TRAINING:  # what follows asks of ratings with titles
            train(tables / "films", "ease" if "ease" in before else "bias")
        before = words
        other = str(list_runs()[-1]) if list_runs() else ""
        command(*(other if word == "RUN" else word for word in quicker(words)))
        ran += 1
    assert ran > 30
    assert {path.name for path in tables.iterdir()} >= {"map.svg", "model.keras", "tables", "users.parquet"}


@pytest.mark.slow
def test_the_python_of_the_readme_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    *examples, plugin = code(ROOT / "README.md", "python")
    told = [run_python(block.text, {}) for block in examples]
    assert len(told) >= 2 and "user 1, item 42" in told[0] and told[1].count("[") >= 2
    check_plugin(tmp_path / "gmf.py", plugin.text, "gmf")


def check_plugin(path: Path, text: str, name: str) -> None:
    path.write_text(text)
    assert_conforms(load_plugins([path]).architecture(name))


def test_the_python_of_the_rooms_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (data,) = code(ROOT / "core/data/README.md", "python")
    assert run_python(data.text, {}).startswith("700 ")
    (view,) = code(ROOT / "core/views/README.md", "python")
    (tmp_path / "ages.py").write_text(IMPORTS + view.text)
    monkeypatch.syspath_prepend(tmp_path)
    ages: type[View[Any]] = importlib.import_module("ages").ItemAges
    answer: Any = compute(ages.ask({"count": 3}), hand_model())
    assert (ages.tag, ages.method, len(answer.years)) == ("item_ages", "ages", 3)
    (table,) = ages.lines(answer)
    assert isinstance(table, Table) and len(table.rows) == 3
    plugin, its_test = code(ROOT / "models_plugins/README.md", "python")
    check_plugin(tmp_path / "my_package.py", plugin.text, "sum")
    names: dict[str, Any] = {}
    run_python(its_test.text, names)
    names["test_sum"]()


def test_settings_files_are_read() -> None:
    (package,) = code(ROOT / "models_plugins/README.md", "toml")
    assert tomllib.loads(package.text)["project"]["entry-points"]["tastemap"] == {"sum": "my_package"}
    (keys,) = code(ROOT / "tui/README.md", "toml")
    sources = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "tui").rglob("*.py"))
    assert all(f'id="{name}"' in sources or name == "app.lookup" for name in tomllib.loads(keys.text))


def test_every_block_is_run_by_some_test() -> None:
    """A new block in another document must be taken up here."""
    known = {"README.md", "docs/notebook.md", "docs/coming-from.md"}
    known |= {f"{room}/README.md" for room in ("core/data", "core/views", "models_plugins", "tui")}
    for path in DOCUMENTS:
        found = [block for block in code(path, "python", "sh", "toml") if not _elsewhere(block)]
        assert not found or str(path.relative_to(ROOT)) in known, path


def _elsewhere(block: Block) -> bool:
    return any(mark in block.text for mark in ELSEWHERE)
