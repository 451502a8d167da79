"""Write and print results."""

from __future__ import annotations

import json
from typing import Any


def figure(value: float | None) -> str:
    """An error with four decimals, or a dash where there is none: never a 0, which would read as perfect."""
    return "-" if value is None else f"{value:.4f}"


def print_json(value: Any) -> None:
    """Print a value as one line of JSON on stdout."""
    print(json.dumps(value, ensure_ascii=False, allow_nan=False))
