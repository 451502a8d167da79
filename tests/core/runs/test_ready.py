"""Asking a run again takes its ids, titles and table as they were kept, while nothing has changed."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from core.api import train
from core.data import Ratings
from core.files import cache_folder
from core.model import RatedTable
from core.runs.run import Run
from tests.support import make_ratings, write_csv


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """A run in the folder of runs, of a table with titles, genres and texts for ids."""
    folder = tmp_path_factory.mktemp("ready")
    (folder / "table").mkdir()
    write_csv(folder / "table/ratings.csv", make_ratings(30, 20, 10))
    titles = "".join(f'{item},"Film {item}, The (1999)",Drama|War\n' for item in range(100, 120))
    (folder / "table/movies.csv").write_text(f"movieId,title,genres\n{titles}")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TASTEMAP_RUNS", str(folder / "runs"))
        yield train(folder / "table", "dot", options={"factors": 2}, epochs=1)


@pytest.fixture(autouse=True)
def places(saved: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TASTEMAP_RUNS", str(saved.folder.parent))
    monkeypatch.setenv("TASTEMAP_CACHE", str(tmp_path / "cache"))


def rated(run: Run) -> RatedTable:
    """The table of a run that is opened afresh."""
    found = Run.open(run.folder, run.registry).model.rated
    assert np.array_equal(found.in_training | found.held_out, np.ones(len(found.ratings), bool))
    return found


def forbid_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> Ratings:
        raise AssertionError("the table was read")

    monkeypatch.setattr("core.data.loading.load._load", fail)
    monkeypatch.setattr("core.runs.vocabularies.read_table", fail)


def test_what_was_kept_is_what_was_read(saved: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    first, model = rated(saved), Run.open(saved.folder, saved.registry).model
    names = [one.name for one in fields(Ratings) if "vocabulary" not in one.name and one.name != "item_table"]
    before = {name: getattr(first.ratings, name) for name in names}
    parts, print_of = first.parts.copy(), first.ratings.fingerprint
    del first
    forbid_reading(monkeypatch)
    again, opened = rated(saved), Run.open(saved.folder, saved.registry).model
    for name, value in before.items():
        np.testing.assert_equal(getattr(again.ratings, name), value, name)
    assert np.array_equal(again.parts, parts) and again.ratings.fingerprint == print_of
    assert opened.users.ids.tolist() == model.users.ids.tolist() == again.ratings.user_vocabulary.ids.tolist()
    assert opened.item_table.titles == model.item_table.titles and opened.item_table.titles[0].startswith(
        "Film"
    )
    assert opened.item_table.genres == model.item_table.genres and opened.item_table.tags == ()
    for name in ("user_counts", "item_counts", "user_offsets", "item_offsets"):
        np.testing.assert_array_equal(getattr(opened.baseline, name), getattr(model.baseline, name))
        assert getattr(opened.baseline, name).dtype == getattr(model.baseline, name).dtype


def test_a_changed_table_is_told_though_it_was_kept(saved: Run) -> None:
    table = Path(str(saved.config.data["source"])) / "ratings.csv"
    assert len(rated(saved).ratings)
    kept = table.read_text()
    try:
        table.write_text(f"{kept}u0,119,0.5\nu999,100,0.5\n")
        found, reason = Run.open(saved.folder, saved.registry).model.rated_or_reason
        assert found is None and "has changed since" in reason
        table.unlink()
        found, reason = Run.open(saved.folder, saved.registry).model.rated_or_reason
        assert found is None and "movies.csv" in reason
    finally:
        table.write_text(kept)


@pytest.mark.parametrize("name", ["vocabularies", "splits"])
@pytest.mark.parametrize("content", [b"", b"{}", b"\xff" * 100])
def test_what_is_damaged_is_read_again_and_said(
    saved: Run, name: str, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    titles = Run.open(saved.folder, saved.registry).model.item_table.titles
    assert len(rated(saved).ratings)
    for file in (cache_folder() / name).glob("*/*"):
        file.write_bytes(content)
    with caplog.at_level(logging.WARNING, "tastemap"):
        assert len(rated(saved).ratings) == 300
        assert Run.open(saved.folder, saved.registry).model.item_table.titles == titles
    assert "damaged" in caplog.text and "read again" in caplog.text


def test_it_is_its_owners_alone_and_nothing_of_somebody_elses_run(
    saved: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert len(rated(saved).ratings)
    kept = [path for name in ("vocabularies", "splits") for path in (cache_folder() / name).rglob("*")]
    assert kept and all(path.stat().st_mode & 0o077 == 0 for path in kept)
    monkeypatch.setenv("TASTEMAP_CACHE", str(tmp_path / "other"))
    monkeypatch.setenv("TASTEMAP_RUNS", str(tmp_path / "runs"))
    assert len(rated(saved).ratings) and not (cache_folder() / "splits").exists()


def test_a_cache_that_cant_be_written_is_no_trouble(saved: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    cache_folder().parent.joinpath("cache").write_text("a file")
    assert len(rated(saved).ratings) == 300
