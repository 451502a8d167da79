"""Declared options on the command line: which a command takes, and how their values are read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import typer

from core.cli._app import app
from core.cli._flags import given_options
from core.errors import UsageError

PLUGIN = '''
from core import Architecture, ArchitectureOptions, hookimpl, option

class Tiny(Architecture):
    """Has a flag of `bias` with other bounds, and one that `train` has itself."""
    name = "tiny"

    class Options(ArchitectureOptions):
        factors: int = option(default=2, minimum=1, maximum=3, help="Few.")
        wide: bool = option(default=False, help="A switch of its own.")
        recipe: str = option(default="", help="The command's own --recipe comes first.")

    def build(self, user, item, options):
        return user.embed(1, role="bias")

@hookimpl
def register_architectures():
    return [Tiny]
'''


def parsed(*words: str) -> Any:
    command: Any = typer.main.get_command(app)
    for depth, word in enumerate(words):  # `data describe` is a command of a command
        command = command.commands[word]
        if not hasattr(command, "commands"):
            return given_options(command.make_context(word, list(words[depth + 1 :]), obj=[]))
    raise AssertionError(words)


def refused(*words: str) -> str:
    with pytest.raises(UsageError) as caught:
        parsed(*words)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.fixture
def plugin(tmp_path: Path) -> str:
    path = tmp_path / "tiny.py"
    path.write_text(PLUGIN)
    return str(path)


def test_values_land_in_their_groups_with_their_types() -> None:
    words = ["--epochs", "3", "--factors=5", "--user-column", "who", "--json", "--l2", "1e-3"]
    assert parsed("train", *words) == {
        "settings": {"epochs": 3},
        "options": {"factors": 5, "l2": 0.001},
        "reading": {"user_column": "who"},
    }


@pytest.mark.parametrize(
    ("words", "value"),
    [
        (["--residual"], True),
        (["--no-residual"], False),
        (["--residual", "false"], False),
        (["--residual=no"], False),
        (["--residual", "yes"], True),
        (["--residual", "--epochs", "3"], True),
        (["--no-residual", "--residual"], True),
        (["--epochs", "3"], None),
    ],
)
def test_a_switch_needs_no_value_and_takes_one(words: list[str], value: bool | None) -> None:
    assert parsed("train", "--arch", "nn", *words)["options"].get("residual") is value


def test_the_architecture_s_own_options_hold_whatever_their_place(plugin: str) -> None:
    chosen = ["--arch", "tiny", "--plugin", plugin]
    assert parsed("train", *chosen, "--factors", "3", "--wide")["options"] == {"factors": 3, "wide": True}
    assert parsed("train", "--factors", "3", *chosen)["options"] == {"factors": 3}
    assert "--factors takes a whole number from 1 to 3, not 4" in refused("train", *chosen, "--factors", "4")
    assert parsed("train", "--plugin", plugin, "--factors", "4")["options"] == {"factors": 4}
    assert "Unknown option '--wide'" in refused("train", "--plugin", plugin, "--wide")
    assert parsed("train", *chosen, "--recipe", "default")["options"] == {}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["train", "--epoch", "3"], "Unknown option '--epoch'. Did you mean '--epochs'?"),
        (["train", "--no-adopt"], "Unknown option '--no-adopt'. Did you mean '--no-adapt'?"),
        (["train", "--zzzzz"], "Unknown option '--zzzzz'. See `train --help`."),
        (["train", "--adapt", "maybe"], "--adapt takes true or false, not 'maybe'."),
        (["train", "--epochs=0"], "--epochs takes a whole number from 1 to 100000, not 0."),
        (["train", "--device", "tpu"], "--device takes one of auto, cpu, gpu, not 'tpu'."),
        (["train", "--arch"], "Option '--arch' requires an argument."),
        (["train", "demo"], "Got unexpected extra argument"),
        (["train", "--resume", "bias-1", "--seed", "3"], "Unknown option '--seed'."),
        (["race", "--factors", "3"], "Unknown option '--factors'."),
        (["crossval", "--split", "user"], "Unknown option '--split'."),
        (["crossval", "--fold", "2"], "Unknown option '--fold'. Did you mean '--folds'?"),
        (["evaluate", "latest", "--seed", "3"], "Unknown option '--seed'."),
        (["data", "describe", "demo", "--header", "perhaps"], "yes, no, not 'perhaps'."),
        (["data", "describe", "demo", "--separater", ","], "Did you mean '--separator'?"),
        (["data", "describe"], "Missing argument"),
    ],
)
def test_words_that_don_t_fit_are_told_in_one_line(words: list[str], said: str) -> None:
    assert said in refused(*words)


def test_a_resumed_run_takes_only_what_may_change() -> None:
    words = ["--resume", "bias-1", "--epochs", "9", "--strategy=none", "--devices", "2"]
    assert parsed("train", *words) == {"settings": {"epochs": 9, "strategy": "none", "devices": 2}}


def test_races_take_settings_and_tables_reading_options() -> None:
    assert parsed("race", "--seed", "3", "--encoding", "utf-8") == {
        "settings": {"seed": 3},
        "reading": {"encoding": "utf-8"},
    }
    assert parsed("evaluate", "latest", "--items", "none") == {"reading": {"items": "none"}}
    assert parsed("crossval", "--folds", "3", "--factors", "4")["options"] == {"factors": 4}


def test_help_is_one_list_with_a_section_for_each_architecture(
    plugin: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(typer.Exit):
        parsed("train", "--arch", "no such one", "--plugin", plugin, "--help")
    text = capsys.readouterr().out
    titles = [line for line in text.splitlines() if line.endswith(":") and not line.startswith(" ")]
    assert titles[:2] == ["Options:", "Training settings (defaults: those of the architecture's recipe):"]
    assert {"Options of --arch nn:", "Options of --arch tiny:"} <= set(titles)
    assert titles[-1] == "Reading a table:"
    assert "--residual / --no-residual" in text
    assert "--wide / --no-wide" in text
