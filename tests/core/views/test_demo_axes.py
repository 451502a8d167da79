"""The demo set's tastes are planted, so the axes that a model finds there have known names."""

from collections.abc import Callable
from pathlib import Path

from core.api import load_run
from core.runs.models import saved_model
from core.views.axes import named_axes


def test_the_planted_tastes_are_found_and_named(trained_once: Callable[..., Path]) -> None:
    model = saved_model(load_run(trained_once("demo", "bias")))
    axes = named_axes(model)
    ends = [{axis.high.split(" · ")[0], axis.low.split(" · ")[0]} for axis in axes]
    assert sum(axis.explained for axis in axes) > 0.9
    assert {"Action", "Drama"} in ends
    assert any("Children" in end for end in ends)
    assert {"newer", "older"} in ends
