"""The demo set's tastes are planted, so the axes that a model finds there have known names."""

from pathlib import Path

from core.runs.models import saved_model

from core.api import train
from core.views.components import named_axes


def test_the_planted_tastes_are_found_and_named(tmp_path: Path) -> None:
    model = saved_model(train("demo", "bias", folder=tmp_path / "run"))
    axes = named_axes(model)
    ends = [{axis.high.split(" · ")[0], axis.low.split(" · ")[0]} for axis in axes]
    assert sum(axis.explained for axis in axes) > 0.9
    assert {"Action", "Drama"} in ends
    assert any("Children" in end for end in ends)
    assert {"newer", "older"} in ends
