"""Our side of docs/coming-from.md runs, a library's ten lines after the other."""

from __future__ import annotations

import ast
import re
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import GridSearchCV, cross_val_score

import core
from core.cli.about import examine
from core.views import Answer
from tests.documents import ROOT
from tests.support import make_ratings

TEXT = (ROOT / "docs/coming-from.md").read_text(encoding="utf-8")
LIBRARIES = dict(re.findall(r"^## (\w+)\n(.*?)(?=^## |\Z)", TEXT, re.DOTALL | re.MULTILINE))
_ROW = re.compile(r"^\| (.+) \| (.+) \|$", re.MULTILINE)


def our_side(text: str) -> list[str]:
    """The first code of each second cell, but for the table's head."""
    return [re.findall(r"`([^`]+)`", cell)[0] for _, cell in _ROW.findall(text)[1:] if "`" in cell]


@pytest.fixture(scope="module")
def names() -> dict[str, Any]:
    made = make_ratings(30, 20, 12)
    ratings = pd.DataFrame(
        {
            "user": made.user_vocabulary.ids[made.users],
            "item": [f"i{row}" for row in made.items],
            "rating": made.ratings.astype(np.float64),
        }
    )
    public = {name: getattr(core, name) for name in core.__all__}
    tools = {"GridSearchCV": GridSearchCV, "cross_val_score": cross_val_score, "examine": examine}
    pairs, stars = ratings[["user", "item"]], ratings["rating"]
    return {**public, **tools, "ratings": ratings, "pairs": pairs, "stars": stars}


def said(line: str, names: dict[str, Any]) -> Any:
    """The value of an expression; None of an assignment, which is made."""
    if isinstance(ast.parse(line).body[0], ast.Assign):
        return exec(line, names)
    return eval(line, names)


@pytest.mark.slow
@pytest.mark.parametrize("library", LIBRARIES)
def test_our_lines_run(library: str, names: dict[str, Any]) -> None:
    lines = our_side(LIBRARIES[library])
    assert len(lines) == 10
    names = dict(names)
    for line in lines:
        try:
            value = said(line, names)
        except Exception as error:
            raise AssertionError(f"{library}: {line}") from error
        if isinstance(value, Answer):
            assert repr(value) and not value.to_frame().empty


def test_the_five_libraries_are_there() -> None:
    assert [*LIBRARIES] == ["Surprise", "LightFM", "implicit", "LensKit", "fastai"]
