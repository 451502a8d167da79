"""`tastemap doctor` and `tastemap --spec`."""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path
from typing import Any

import pytest
import typer

from core.cli._app import app
from core.contract import TrainingSettings, load_plugins
from core.protocol import EVENT_KINDS
from core.views import VIEWS
from tests.support import command


@pytest.fixture(scope="module")
def spec() -> dict[str, Any]:
    told: dict[str, Any] = json.loads(command("--spec").stdout)
    return told


def test_the_doctor_looks_at_everything_and_finds_nothing_wrong(private_folders: Path) -> None:
    private_folders.mkdir()
    (private_folders / "x").write_bytes(b"0" * 2**20)
    told = json.loads(command("doctor", "--json").stdout)
    assert told["problems"] == []
    found = {(one["group"], one["name"]): one["value"] for one in told["findings"]}
    groups = {"versions", "extras", "processor", "folders", "plugins", "terminal", "devices"}
    assert {group for group, _ in found} == groups
    assert found["folders", "runs"].startswith(f"{private_folders} (1 files, 1.0 MiB; ")
    assert found["plugins", "bias"] == "architecture of tastemap 0.1.0"
    assert "CPU" in found["devices", "trains on"] and "threads" in found["processor", "BLAS"]
    text = command("doctor").stdout
    assert text.splitlines()[-1] == "nothing is wrong"
    assert all(name in text and value in text for (_, name), value in found.items() if "MiB" not in value)


def test_the_doctor_says_what_is_wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plugin, file = tmp_path / "broken.py", tmp_path / "file"
    plugin.write_text("1 / 0\n")
    file.write_text("")
    monkeypatch.setenv("TASTEMAP_CACHE", str(file / "below"))
    done = command("doctor", "--plugin", str(plugin), expect=1)
    assert f"cache: {file} is no folder" in done.stderr
    assert re.search(r"broken.*ZeroDivisionError", done.stderr)
    assert "nothing is wrong" not in done.stdout


def test_the_spec_tells_every_command_with_the_flags_of_its_help(spec: dict[str, Any]) -> None:
    group = typer.main.get_command(app)
    names = {one["name"].split()[0] for one in spec["commands"]}
    assert names == set(group.list_commands(group.context_class(group)))  # type: ignore[attr-defined]
    for name in ("export", "recommend", "data fetch"):
        told = next(one for one in spec["commands"] if one["name"] == name)
        shown = command(*name.split(), "--help").stdout
        long = [[flag for flag in one["flags"] if flag.startswith("--")] for one in told["parameters"]]
        listed = re.findall(r"^  (?:-\w, )?(--[a-z][a-z-]*)", shown, re.MULTILINE)
        assert {flags[0] for flags in long if flags} == set(listed) - {"--help"}
        assert told["help"].split(".")[0] in " ".join(shown.split())
    train = next(one for one in spec["commands"] if one["name"] == "train")
    assert train["groups"] == ["settings", "options", "reading"]
    assert {one["name"] for one in spec["settings"]} == {field.name for field in TrainingSettings.fields()}
    assert {one["name"] for one in spec["architectures"]} == set(load_plugins().architectures)


def test_the_spec_tells_every_view_with_the_form_of_its_answer(spec: dict[str, Any]) -> None:
    assert {one["name"] for one in spec["views"]} == set(VIEWS)
    for told in spec["views"]:
        view = VIEWS[told["name"]]
        schema = spec["$defs"][told["answer"]["$ref"].removeprefix("#/$defs/")]
        assert set(schema["properties"]) == {field.name for field in dataclasses.fields(view.answer_type())}  # type: ignore[arg-type]
        assert [one["name"] for one in told["arguments"]] == [field.name for field in view.fields()]
    assert set(spec["events"]) == set(EVENT_KINDS)
    epoch = spec["$defs"][spec["events"]["epoch_finished"]["$ref"].removeprefix("#/$defs/")]
    assert "val_rmse" in epoch["properties"]
