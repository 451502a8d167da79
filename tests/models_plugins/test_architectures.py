from __future__ import annotations

import subprocess
import sys
import tokenize
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core import Architecture, load_plugins
from core.model.head import build_head
from core.testing import assert_conforms
from tests.processes import COMMAND, Child
from tests.support import json_lines

SAMPLE = Path(__file__).parent.parent / "sample_plugin"


@pytest.mark.parametrize(
    ("name", "options"),
    [("dot", {}), ("bias", {}), ("nn", {"net_factors": 4}), ("nn", {"residual": False, "l2": 0.02})],
)
def test_the_built_in_architectures_conform(name: str, options: dict[str, Any]) -> None:
    assert_conforms(load_plugins().architecture(name), {"factors": 8, **options})


@pytest.mark.parametrize("name", ["dot", "bias", "nn"])
def test_every_recipe_can_be_resolved_and_notebook_has_its_options(name: str) -> None:
    from core.contract.settings import resolve

    architecture = load_plugins().architecture(name)
    notebook = resolve(architecture, "notebook")
    expected = {
        "dot": [1e-3, *[1e-2] * 3, *[1e-3] * 6],
        "bias": [1e-3, *[1e-2] * 6, *[1e-3] * 15],
        "nn": [1e-3] * 8,
    }
    assert list(notebook.settings.plan().learning_rates) == expected[name]
    assert notebook.options.to_dict()["factors"] == 50
    assert notebook.options.to_dict()["l2"] == 0.067
    assert (notebook.settings.optimizer, notebook.settings.batch_size) == ("adam", 64)


def test_the_notebook_s_recipe_is_its_net_and_nothing_else() -> None:
    architecture = load_plugins().architecture("nn")
    options = architecture.Options.parse(architecture.recipes["notebook"].options)
    head = build_head(architecture, options, seed=1)
    assert [spec.name for spec in head.specs] == ["user_factors", "item_factors"]
    described = [
        (type(layer).__name__, getattr(layer, "rate", getattr(layer, "units", None)))
        for layer in head.model.layers[2:]
    ]
    assert described == [
        ("Concatenate", None),
        ("Dropout", 0.3),
        ("Dense", 70),
        ("Dropout", 0.75),
        ("Dense", 1),
    ]


def test_by_default_the_net_corrects_biases_and_a_dot_product() -> None:
    architecture = load_plugins().architecture("nn")
    head = build_head(architecture, architecture.Options(), seed=1)
    generator = np.random.default_rng(0)
    rows = {spec.name: generator.standard_normal((9, spec.dimension)).astype("f4") for spec in head.specs}
    uncorrected = (rows["user_factors"] * rows["item_factors"]).sum(1, keepdims=True)
    uncorrected += rows["user_bias"] + rows["item_bias"]
    correction = np.asarray(head.model(list(rows.values()))) - uncorrected
    own = np.hstack([rows["user_net"], rows["item_net"]])
    first, first_bias, second, second_bias = (np.asarray(weight) for weight in head.model.weights)
    expected = np.maximum(own @ first + first_bias, 0) @ second + second_bias
    assert np.abs(expected).max() > 0.1
    np.testing.assert_allclose(correction, expected, atol=1e-4)


class Liar(Architecture):
    """Its terms are not its score."""

    name = "liar"

    def build(self, user: Any, item: Any, options: Any) -> Any:
        return user.embed(1, role="bias") + item.embed(1, role="bias")

    def terms(self, rows: Any, options: Any) -> Any:
        return {"user bias": rows["user_bias"] * np.float32(2)}


class Idle(Architecture):
    """Learns nothing."""

    name = "idle"

    def build(self, user: Any, item: Any, options: Any) -> Any:
        return 0.0 * (user.embed(1, role="bias") + item.embed(1, role="bias"))


@pytest.mark.parametrize(
    ("broken", "said"), [(Liar(), "terms and the trained head disagree"), (Idle(), "learns nothing")]
)
def test_the_kit_catches_what_breaks_the_contract(broken: Architecture, said: str) -> None:
    with pytest.raises(AssertionError, match=said):
        assert_conforms(broken)


def test_the_sample_plugin_is_at_most_fifteen_lines_of_code() -> None:
    with tokenize.open(SAMPLE / "tastemap_gmf.py") as source:
        tokens = list(tokenize.generate_tokens(source.readline))
    skipped = (
        tokenize.COMMENT,
        tokenize.NL,
        tokenize.NEWLINE,
        tokenize.INDENT,
        tokenize.DEDENT,
        tokenize.ENDMARKER,
    )
    code = {token.start[0] for token in tokens if token.type not in skipped and not _is_docstring(token)}
    assert len(code) <= 15


def _is_docstring(token: tokenize.TokenInfo) -> bool:
    return token.type == tokenize.STRING and token.line.strip().startswith('"""')


@pytest.mark.slow
def test_a_fourth_architecture_comes_from_a_package_of_its_own(tmp_path: Path) -> None:
    target = tmp_path / "site"
    build = tmp_path / "source"
    build.mkdir()
    for file in SAMPLE.iterdir():
        if file.is_file():
            (build / file.name).write_bytes(file.read_bytes())
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*install, "--target", str(target), str(build)], check=True, capture_output=True)
    installed = f"import sys; sys.path.insert(0, {str(target)!r}); {COMMAND}"
    words = ["--data", "demo", "--arch", "gmf", "--epochs", "3", "--factors", "8", "--json"]
    child = Child(installed, "train", *words)
    told, said = child.communicate()
    assert child.returncode == 0, said
    finished = json_lines(told)[-1]
    assert finished["event"] == "finished"
    assert finished["val_rmse"] < 1.0
    listed, _ = Child(installed, "plugins").communicate()
    assert "gmf  Weighted dot product of factors plus biases" in listed
    assert "[tastemap-gmf 0.1]" in listed
