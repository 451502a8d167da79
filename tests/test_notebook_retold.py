"""The retold notebook runs, prints what it says that it prints, and crosses what the notebook crossed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.documents import ROOT, differences, executed

DOCUMENT = ROOT / "docs/notebook.md"
USERS = [15, 30, 73, 212, 213, 294, 311, 380, 452, 468, 509, 547, 564, 580, 624]
COLUMNS = [27, 49, 57, 72, 79, 89, 92, 99, 121, 143, 179, 197, 402, 417, 505]
"""In the notebook 180 stood for 121: both films have 220 ratings."""


@pytest.mark.real_data
@pytest.mark.slow
def test_the_notebook_retold(movielens_2016: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(movielens_2016.parent)
    names: dict[str, Any] = {}
    told = {}
    for block, printed, kept in executed(DOCUMENT.read_text(encoding="utf-8"), names):
        if kept is not None and (found := differences(kept.text, printed)):
            told[block.text] = found
    assert told == {}
    table = names["table"]
    assert (table.index.tolist(), table.columns.tolist()) == (USERS, COLUMNS)
    assert table.loc[15].tolist()[:8] == [3, 5, 1, 3, 4, 4, 5, 2]
    pd.testing.assert_frame_equal(table, by_the_notebook(movielens_2016), check_names=False)


def by_the_notebook(folder: Path) -> pd.DataFrame:
    """Its crosstab: ratings counted by pandas, films by their first appearance in the file."""
    ratings = pd.read_csv(folder / "ratings.csv")
    ratings["column"] = pd.factorize(ratings["movieId"])[0]
    cells = ratings[ratings["userId"].isin(USERS) & ratings["column"].isin(COLUMNS)]
    counts = ratings["column"].value_counts()
    assert set(ratings["userId"].value_counts()[:15].index) == set(USERS)
    assert set(counts[counts > counts[121]].index) | {121} == set(COLUMNS) and counts[121] == counts[180]
    return pd.crosstab(cells["userId"], cells["column"], cells["rating"], aggfunc="sum").astype(np.float64)


def test_outputs_are_compared_by_words_and_figures() -> None:
    kept = "film A 0.812\nfilm B -0.41\nfilm C 1,204 ratings\nfilm D 3\n"
    assert differences(kept, kept.replace("0.812", "0.820")) == []
    assert differences(kept, kept.replace("0.812", "0.9")) == ["'film A 0.812' is now 'film A 0.9'"]
    assert differences(kept, "film B -0.41\nfilm A 0.812\nfilm C 1,204 ratings\nfilm D 3\n") == []
    assert "only 1 of 4 lines" in differences(kept, "film A 0.812\nother\nwords\nhere\n")[0]
