"""A run folder may be damaged or made by anybody: the fault is told, the other runs work, nothing hangs."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet
from safetensors.numpy import load_file, save_file

from core.errors import DivergenceError, TastemapError
from core.runs import Run, find_run, list_runs, recorded_ratings
from core.views import VIEWS, TopItems
from tests.support import command
from tui.files import read_run, read_runs

WRONG: tuple[Any, ...] = ("x", None, [], {}, -1, 1e308, True, [[]], "\x1b[2J", 10**30)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small trained run."""
    from core import train
    from tests.support import make_ratings, write_csv

    table = write_csv(tmp_path_factory.mktemp("table") / "ratings.csv", make_ratings(30, 20, 10))
    return train(table, "bias", epochs=2, folder=tmp_path_factory.mktemp("run") / "bias-1").folder


@pytest.fixture
def run(whole: Path, private_folders: Path) -> Path:
    """A copy of it among the runs, beside one that is whole."""
    shutil.copytree(whole, private_folders / "bias-whole")
    return Path(shutil.copytree(whole, private_folders / "bias-damaged"))


def use(folder: Path) -> None:
    """Do what the commands do with a run: list it, open it, ask it; nothing but a TastemapError may come."""
    read_run(folder)
    try:
        opened = Run.open(folder)
        _ = (opened.state, opened.val_rmse, opened.epochs, opened.summary)
        opened.predict("u1", 100)
        opened.ask(TopItems(user=("u1",), count=3))
        opened.ask(VIEWS["summary"]())
        opened.ask(VIEWS["search"](text="Title"))
        opened.ask(VIEWS["map"]())
        opened.ask(VIEWS["diagnosis"]())
    except TastemapError as error:
        assert str(error)
        assert "Traceback" not in str(error)


def leaves(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The places of all values in a JSON value, those within included."""
    if at:
        yield at
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in pairs:
        yield from leaves(one, (*at, key))


def changed(text: str, at: tuple[Any, ...], value: Any) -> str:
    whole = json.loads(text)
    inner = whole
    for key in at[:-1]:
        inner = inner[key]
    inner[at[-1]] = value
    return json.dumps(whole)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["config.json", "summary.json"])
@pytest.mark.parametrize("wrong", WRONG, ids=repr)
def test_every_value_of_another_type_is_told(run: Path, name: str, wrong: Any) -> None:
    text = (run / name).read_text()
    for at in leaves(json.loads(text)):
        if at[:1] in (("options",), ("settings",)) and wrong == {}:
            continue
        (run / name).write_text(changed(text, at, wrong))
        use(run)


@pytest.mark.parametrize(
    "content",
    [
        *(b"", b"\x00", b"[", b"[]", b"null", b'"x"', b"{}", b"\xff\xfe", b"[" * 200_000, b'{"a":' * 200_000),
        *(b'{"val_rmse": "good"}', b'{"val_rmse": NaN}'),
        *(b'{"epoch": 1, "val_rmse": []}\n', b'{"epoch": "1"}\n'),
    ],
    ids=lambda content: repr(content[:20]),
)
@pytest.mark.parametrize(
    "name", ["config.json", "summary.json", "history.jsonl", "component_names.json", "users.parquet"]
)
def test_the_list_names_a_bad_run_and_shows_the_others(run: Path, name: str, content: bytes) -> None:
    (run / name).write_bytes(content)
    use(run)
    done = command("runs", "--json")
    rows = {Path(row["path"]).name: row for row in json.loads(done.stdout)}
    assert rows["bias-whole"]["problem"] is None
    assert len(rows) == len(read_runs()) == 2
    assert "bias-whole" in command("runs").stdout


@pytest.mark.parametrize("name", ["summary.json", "history.jsonl"])
def test_a_figure_that_is_text_is_damage_with_a_reason(run: Path, name: str) -> None:
    (run / name).write_text('{"epoch": 1, "val_rmse": "good"}\n')
    listed = command("runs").stdout
    assert "bias-damaged" in listed
    assert "damaged: " in listed
    assert name in listed
    assert "val_rmse" in listed
    shown = {one.folder.name: one for one in read_runs()}
    assert "val_rmse" in shown["bias-damaged"].problem
    assert shown["bias-whole"].problem == ""


def column(name: str, values: Callable[[pa.ChunkedArray], Any]) -> Callable[[pa.Table], pa.Table]:
    return lambda table: table.set_column(table.column_names.index(name), name, values(table[name]))


TABLES: dict[str, Callable[[pa.Table], pa.Table]] = {
    "null title": column("title", lambda old: pa.array([None, *old.to_pylist()[1:]], pa.string())),
    "all titles null": column("title", lambda old: pa.nulls(len(old))),
    "titles are numbers": column("title", lambda old: pa.array(range(len(old)))),
    "null genre": column("genres", lambda old: pa.array([[None]] * len(old), pa.list_(pa.string()))),
    "null genres": column("genres", lambda old: pa.array([None] * len(old), pa.list_(pa.string()))),
    "genres are text": column("genres", lambda old: pa.array(["a|b"] * len(old))),
    "null year": column("year", lambda old: pa.array([None] * len(old), pa.int32())),
    "huge year": column("year", lambda old: pa.array([2**62] * len(old))),
    "offset not finite": column("offset", lambda old: pa.array([float("nan")] * len(old))),
    "null offset": column("offset", lambda old: pa.array([None] * len(old), pa.float32())),
    "offset is text": column("offset", lambda old: pa.array(["x"] * len(old))),
    "count is negative": column("ratings", lambda old: pa.array([-1] * len(old))),
    "count is text": column("ratings", lambda old: pa.array(["x"] * len(old))),
    "null id": column("item", lambda old: pa.array([None, *old.to_pylist()[1:]])),
    "id twice": column("item", lambda old: pa.array([old[0].as_py()] * len(old))),
    "ids are lists": column("item", lambda old: pa.array([[1]] * len(old))),
    "no ids": lambda table: table.drop_columns(["item"]),
    "no titles": lambda table: table.drop_columns(["title"]),
    "no rows": lambda table: table.slice(0, 0),
    "fewer rows": lambda table: table.slice(0, 3),
    "no columns": lambda table: table.select([]),
}


@pytest.mark.parametrize("damage", TABLES)
def test_every_damage_of_the_items_is_told(run: Path, damage: str) -> None:
    table = TABLES[damage](parquet.read_table(run / "items.parquet"))
    parquet.write_table(table, run / "items.parquet")
    with pytest.raises(TastemapError, match=r"items\.parquet|items|weights"):
        _ = Run.open(run).model
    use(run)


WEIGHTS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "not a number": lambda one: np.full_like(one, np.nan),
    "one infinite": lambda one: np.where(np.arange(one.size).reshape(one.shape) == 0, np.inf, one),
    "whole numbers": lambda one: one.astype(np.int64),
    "fewer rows": lambda one: one[:1],
    "one dimension": lambda one: one.reshape(-1),
    "one number": lambda one: np.float32(1).reshape(()),
    "a column more": lambda one: np.concatenate([one, one[:, :1]], axis=1) if one.ndim == 2 else one,
    "no columns": lambda one: one[:, :0] if one.ndim == 2 else one[:0],
}


@pytest.mark.slow
@pytest.mark.parametrize("damage", WEIGHTS)
def test_every_damage_of_the_weights_is_told(run: Path, damage: str) -> None:
    whole = load_file(run / "weights.safetensors")
    for name, array in whole.items():
        made = np.ascontiguousarray(WEIGHTS[damage](array))
        save_file({**whole, name: made}, run / "weights.safetensors")
        use(run)
        save_file({key: one for key, one in whole.items() if key != name}, run / "weights.safetensors")
        use(run)


def test_weights_that_are_no_numbers_say_that_the_training_diverged(run: Path) -> None:
    whole = load_file(run / "weights.safetensors")
    name = next(name for name in whole if name.startswith("table/"))
    save_file({**whole, name: np.full_like(whole[name], np.nan)}, run / "weights.safetensors")
    with pytest.raises(DivergenceError, match="diverged"):
        _ = Run.open(run).model
    for words in (["evaluate"], ["evaluate", "--json"]):
        done = command(words[0], str(run), *words[1:], expect=1)
        assert "diverged" in done.stderr
        assert "Traceback" not in done.stderr


FILES = (
    "config.json",
    "summary.json",
    "history.jsonl",
    "users.parquet",
    "items.parquet",
    "weights.safetensors",
)


@pytest.mark.parametrize("name", FILES)
def test_a_pipe_in_a_run_folder_hangs_nobody(run: Path, name: str) -> None:
    (run / name).unlink()
    os.mkfifo(run / name)
    use(run)
    command("runs")


@pytest.mark.parametrize("name", FILES)
def test_a_link_out_of_a_run_folder_is_not_followed(run: Path, name: str, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes((run / name).read_bytes())
    (run / name).unlink()
    (run / name).symlink_to(secret)
    with pytest.raises(TastemapError, match="a link"):
        opened = Run.open(run)
        _ = (opened.epochs, opened.model)


@pytest.mark.parametrize("where", ["pipe", "/dev/zero", "/dev/tty", "/proc/self/mem"])
@pytest.mark.parametrize("key", ["source", "items", "test_file"])
def test_a_recorded_source_that_is_no_file_is_not_opened(
    run: Path, tmp_path: Path, where: str, key: str
) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    config = json.loads((run / "config.json").read_text())
    config["data"]["reading"][key] = str(pipe) if where == "pipe" else where
    (run / "config.json").write_text(json.dumps(config))
    with pytest.raises(TastemapError):
        recorded_ratings(Run.open(run))
    use(run)


def test_a_run_from_elsewhere_says_what_it_makes_us_open(
    whole: Path, run: Path, caplog: pytest.LogCaptureFixture
) -> None:
    source = json.loads((whole / "config.json").read_text())["data"]["source"]
    recorded_ratings(Run.open(run))
    assert source not in caplog.text
    recorded_ratings(Run.open(whole))
    assert f"reading {source}" in caplog.text


def test_the_newest_run_is_the_one_created_last(run: Path, private_folders: Path) -> None:
    def created(folder: Path, when: str, changed_at: int) -> None:
        config = json.loads((folder / "config.json").read_text())
        (folder / "config.json").write_text(json.dumps({**config, "created": when}))
        os.utime(folder / "config.json", (changed_at, changed_at))

    other = private_folders / "bias-whole"
    created(run, "2026-01-02T00:00:00+00:00", 1_000)
    created(other, "2026-01-01T23:00:00-02:00", 2_000)  # an hour later, in another zone
    assert find_run("latest") == other
    created(other, "2026-01-01T23:00:00+00:00", 2_000_000_000)  # a copy made later is no newer run
    assert find_run("latest") == run
    (private_folders / "broken").mkdir()
    (private_folders / "broken" / "config.json").write_text("{")
    assert list_runs()[-1].name == "broken"
