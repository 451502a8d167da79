"""The crosstab as CSV, as a spreadsheet likes it."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def crosstab_csv(crosstab: Mapping[str, Any]) -> str:
    """Two blocks of one layout: the true ratings, then the predicted ones; unknown cells are empty."""
    text = io.StringIO()
    writer = csv.writer(text)
    titles = [safe_cell(item["title"] or str(item["item"])) for item in crosstab["items"]]
    for name, key in (("true ratings", "truth"), ("predicted ratings", "predicted")):
        writer.writerow([name, *titles])
        for user, ratings in zip(crosstab["users"], crosstab[key], strict=True):
            writer.writerow([safe_cell(str(user)), *("" if rating is None else rating for rating in ratings)])
        writer.writerow([])
    return text.getvalue()


def safe_cell(text: str) -> str:
    """Keep a spreadsheet from taking a title for a formula."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def free_path(path: Path) -> Path:
    """The path, or the first of `name-2`, `name-3`, … that isn't taken: exports overwrite nothing."""
    number, free = 2, path
    while free.exists():
        free, number = path.with_stem(f"{path.stem}-{number}"), number + 1
    return free
