"""How numbers and times are written, alike on every screen."""

from __future__ import annotations

import re

_FLAG = re.compile(r"--([a-z][a-z0-9-]*)")
_YEAR = re.compile(r"\s*\(\d{4}\)$")


def rmse(value: float | None) -> str:
    """`0.8741`, or a dash where there is none."""
    return "—" if value is None else f"{value:.4f}"


def rate(value: float | None) -> str:
    """A learning rate with three significant digits: `0.06`, `0.00125`, `1e-05`."""
    return "—" if value is None else f"{value:.3g}"


def count(value: float) -> str:
    """`9,066`."""
    return f"{value:,.0f}"


def counted_words(number: int, counted: str = "ratings") -> str:
    """`1 rating`, `9,066 ratings`, or what else is `counted`: `9,066 likes`."""
    return f"{count(number)} {counted.removesuffix('s') if number == 1 else counted}"


def short_count(value: float) -> str:
    """`950`, `18.2k`, `1.8M`."""
    for limit, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= limit:
            return f"{value / limit:.3g}{unit}"
    return f"{value:.0f}"


def seconds(value: float) -> str:
    """`0.04 s`, `12.3 s`, `2:05`, `1:02:05`."""
    if value < 60:
        return f"{value:.2f} s" if value < 10 else f"{value:.1f} s"
    minutes, rest = divmod(round(value), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def fit(text: str, width: int) -> str:
    """Cut a text to so many columns, the cut marked with `…`; wide characters count twice."""
    from rich.cells import cell_len, set_cell_size

    if cell_len(text) <= width:
        return text
    return f"{set_cell_size(text, width - 1)}…" if width > 0 else ""


def human(name: str) -> str:
    """`hidden_units` → `Hidden units`; l2 keeps its small letter."""
    words = name.replace("_", " ")
    return words if words.startswith("l2") else words[:1].upper() + words[1:]


def in_words(message: str) -> str:
    """A message about a flag of the command line as a form says it: `--epochs takes` → `Epochs takes`."""
    message = message.replace("--split time", "a split by time")
    return _FLAG.sub(lambda found: human(found[1].replace("-", "_")), message)


def short_title(title: str) -> str:
    """A title as a label: without its year, which the card tells."""
    return _YEAR.sub("", title) or title
