"""Which item somebody means who gives an id or a title."""

from __future__ import annotations

from core.errors import UsageError
from core.model.model import Model
from core.views.search import search

SURE = 90.0


def resolve_item(model: Model, text: object) -> int:
    """Find an item's row by id or title; raises UsageError, with the nearest titles, where none is clear."""
    row = model.items.row(text)
    if row is not None:
        return row
    found = search(model, str(text), limit=3)
    if found and found[0].score >= SURE:
        best = model.items.row(found[0].id)
        if best is not None:
            return best
    near = "; ".join(f"{match.id} {match.title}" for match in found)
    hint = f"Nearest: {near}." if near else "Ids are those of the ratings table."
    raise UsageError(f"No item has the id or title {str(text)!r}.", hint=hint)
