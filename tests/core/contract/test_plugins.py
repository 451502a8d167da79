from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from importlib.metadata import entry_points
from pathlib import Path

import pytest

import core.contract.plugins
from core.contract._installed import Plugin, installed_plugins
from core.contract.plugins import load_plugins
from core.errors import PluginError, UsageError
from tests.support import tastemap

PLUGIN = '''
from core import Architecture, hookimpl

class Mean(Architecture):
    """Predicts the mean."""
    name = "{name}"
    def build(self, user, item, options):
        return user.embed(1, role="bias")

@hookimpl
def {hook}():
    return [Mean]
'''

HOOK = "from core import hookimpl\n@hookimpl\ndef register_architectures(): "


def write_plugin(folder: Path, name: str = "mean", hook: str = "register_architectures") -> Path:
    path = folder / "my_plugin.py"
    path.write_text(PLUGIN.format(name=name, hook=hook))
    return path


def test_the_built_in_architectures_come_by_entry_point() -> None:
    registry = load_plugins()
    assert {"dot", "bias", "nn"} <= set(registry.architectures)
    assert registry.broken == []
    assert registry.architectures["bias"].origin.startswith("tastemap ")


def test_a_file_brings_an_architecture(tmp_path: Path) -> None:
    registry = load_plugins([write_plugin(tmp_path)])
    assert registry.architecture("mean").description() == "Predicts the mean."
    assert registry.architectures["mean"].origin.endswith("my_plugin.py")


def test_a_misspelt_hook_is_an_error_with_the_right_name(tmp_path: Path) -> None:
    with pytest.raises(PluginError, match="Did you mean 'register_architectures'"):
        load_plugins([write_plugin(tmp_path, hook="register_architecture")])


def test_a_name_that_is_taken_is_an_error_that_names_the_owner(tmp_path: Path) -> None:
    with pytest.raises(PluginError, match="'bias' is already registered by tastemap"):
        load_plugins([write_plugin(tmp_path, name="bias")])


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("import no_such_module", "No module named 'no_such_module'"),
        ("def (", "SyntaxError"),
        ("raise SystemExit(3)", "SystemExit: 3"),
        (f"{HOOK}return [3]", "no subclass"),
        (f"{HOOK}return 3", "returns a list, not 3"),
        (f"{HOOK}return 'abc'", "returns a list, not 'abc'"),
        (f"{HOOK}raise KeyError('x')", "broken.py can't be used: KeyError: 'x'"),
        (f"{HOOK}raise SystemExit(3)", "SystemExit: 3"),
        (HOOK.replace("architectures()", "datasets()") + "return [3]", "neither a Reader nor"),
        (HOOK.replace("architectures()", "trackers()") + "return [3]", "3 is no Tracker"),
        (HOOK.replace("()", "(manager)") + "return []", "PluginValidationError"),
        ("x = 1", "It implements none of the hooks register_architectures"),
    ],
)
def test_a_broken_file_says_why(tmp_path: Path, source: str, said: str) -> None:
    path = tmp_path / "broken.py"
    path.write_text(source)
    with pytest.raises(PluginError, match=said):
        load_plugins([path])


def test_a_function_without_the_marker_is_no_hook(tmp_path: Path) -> None:
    path = write_plugin(tmp_path)
    path.write_text(path.read_text().replace("@hookimpl", ""))
    with pytest.raises(PluginError, match="Mark each with @core.hookimpl"):
        load_plugins([path])


def test_only_marked_functions_of_a_plugin_are_called(tmp_path: Path) -> None:
    path = write_plugin(tmp_path)
    path.write_text(f"{path.read_text()}\ndef register_trackers():\n    raise RuntimeError('never called')\n")
    assert "mean" in load_plugins([path]).architectures


def test_a_hook_marked_optional_may_be_unknown(tmp_path: Path) -> None:
    path = write_plugin(tmp_path)
    extra = "@hookimpl(optionalhook=True)\ndef register_later_things(): return []"
    path.write_text(f"{path.read_text()}\n{extra}\n")
    assert "mean" in load_plugins([path]).architectures


def test_a_missing_file_is_named() -> None:
    with pytest.raises(PluginError, match="no plugin file 'nowhere.py'"):
        load_plugins([Path("nowhere.py")])


def test_an_installed_plugin_that_breaks_is_reported_and_the_others_work(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real = installed_plugins("tastemap")
    bad = Plugin("sick", "no_such_module_at_all")
    monkeypatch.setattr(core.contract.plugins, "installed_plugins", lambda _: [*real, bad])
    registry = load_plugins()
    assert "bias" in registry.architectures
    assert [(plugin.name, plugin.reason) for plugin in registry.broken] == [
        ("sick", "ModuleNotFoundError: No module named 'no_such_module_at_all'")
    ]
    with pytest.raises(PluginError, match="No module named"):
        registry.architecture("sick")


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (f"{HOOK}raise KeyError('x')", "KeyError: 'x'"),
        (f"{HOOK}return {{'a': 1}}", "A hook returns a list, not {'a': 1}."),
        (HOOK.replace("architectures", "architecture") + "return []", "no hook of tastemap. Did you mean"),
        ("def register_architectures(): return []", "It implements none of the hooks"),
    ],
)
def test_each_installed_plugin_stands_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: str, reason: str
) -> None:
    (tmp_path / "a_sick_plugin.py").write_text(body)
    (tmp_path / "a_sound_plugin.py").write_text(PLUGIN.format(name="sound", hook="register_architectures"))
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "a_sick_plugin", raising=False)
    monkeypatch.delitem(sys.modules, "a_sound_plugin", raising=False)
    names = ("sick", "sound")
    points = [Plugin(name, f"a_{name}_plugin") for name in names]
    monkeypatch.setattr(core.contract.plugins, "installed_plugins", lambda _: points)
    registry = load_plugins()
    assert list(registry.architectures) == ["sound"]
    (broken,) = registry.broken
    assert (broken.name, broken.origin) == ("sick", "a_sick_plugin")
    assert reason in broken.reason


def test_an_unknown_architecture_suggests_the_nearest() -> None:
    with pytest.raises(UsageError, match="Did you mean 'bias'"):
        load_plugins().architecture("bais")


def test_listing_plugins_loads_neither_keras_nor_tensorflow() -> None:
    code = (
        "import sys; from core.cli._listing import print_plugins; print_plugins([], True);"
        "sys.exit(any(name in sys.modules for name in ('keras', 'tensorflow', 'pandas')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_command_lists_options_origin_and_recipes(tmp_path: Path) -> None:
    listed = json.loads(tastemap("plugins", "--json", "--plugin", str(write_plugin(tmp_path))).stdout)
    by_name = {architecture["name"]: architecture for architecture in listed["architectures"]}
    assert by_name["bias"]["recipes"] == ["default", "large", "notebook", "ranking"]
    assert by_name["bias"]["options"][0]["flag"] == "--factors"
    assert by_name["mean"]["origin"].endswith("my_plugin.py")
    text = tastemap("plugins").stdout
    assert "bias  Dot product of user and item factors plus a bias for each." in text
    assert "--hidden-units" in text


@pytest.mark.parametrize("group", ["tastemap", "tastemap.app", "console_scripts", "pytest11"])
def test_installed_plugins_are_those_of_importlib(group: str) -> None:
    asked = [(one.name, one.value, one.dist.version if one.dist else "") for one in entry_points(group=group)]
    found = [(one.name, one.value, one.version) for one in installed_plugins(group)]
    assert sorted(found) == sorted(asked)


def test_of_two_copies_of_a_plugin_the_one_that_is_imported_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder, name, version in (("a", "My.Plugin", "2"), ("b", "my_plugin", "1")):
        about = tmp_path / folder / f"{name}-{version}.dist-info"
        about.mkdir(parents=True)
        (about / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n\nName: x\n"
        )
        declared = f"; no entry\n[other]\nx = y\n[mine]\nname{version} = some.module : thing.part [extra]\n"
        (about / "entry_points.txt").write_text(declared)
    monkeypatch.setattr(sys, "path", [str(tmp_path / "a"), str(tmp_path / "b"), str(tmp_path / "none")])
    (plugin,) = installed_plugins("mine")
    assert (plugin.name, plugin.origin) == ("name2", "My.Plugin 2")
    assert plugin.value == "some.module : thing.part"


def test_plugins_that_lie_in_an_archive_are_found_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with zipfile.ZipFile(tmp_path / "packed.zip", "w") as archive:
        archive.writestr("packed-3.dist-info/METADATA", "Metadata-Version: 2.1\nName: packed\nVersion: 3\n")
        archive.writestr("packed-3.dist-info/entry_points.txt", "[mine]\nlogarithm = math:log\n")
    monkeypatch.setattr(sys, "path", [str(tmp_path / "packed.zip")])
    (plugin,) = installed_plugins("mine")
    assert (plugin.origin, plugin.load()(1)) == ("packed 3", 0)
