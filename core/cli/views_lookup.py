"""`tastemap recommend` and `similar`: results on stdout, as text or JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from core.api import load_run
from core.cli.output import print_json
from core.cli.views_text import note, print_table
from core.contract.plugins import load_plugins
from core.errors import UsageError
from core.model.catalogue import ItemCard, item_card
from core.model.model import Model
from core.runs.models import saved_model
from core.views.recommend_all import recommend_all, write_recommendations
from core.views.resolve import resolve_item
from core.views.similar import similar_items, similar_users
from core.views.top_items import ItemFilter, top_items


def open_model(run: str, plugins: Sequence[Path]) -> Model:
    """Open a saved run's model; its ratings table is read again when it is needed."""
    return saved_model(load_run(run, load_plugins(plugins)))


def print_recommendations(
    model: Model,
    users: Sequence[str],
    count: int,
    unseen: bool,
    only: ItemFilter,
    diversity: float,
    as_json: bool,
) -> None:
    """Print the items recommended to a user or a group."""
    if not users:
        raise UsageError("Name a user, or --all with --out FILE.")
    found = top_items(model, users, count, unseen, only, diversity)
    if as_json:
        print_json({"users": list(users), "items": [asdict(item) for item in found]})
        return
    print_table([(f"{item.rating:.2f}", *_columns(item)) for item in found])
    if not found:
        note("No item is left after these filters.")


def save_recommendations(
    model: Model,
    users: Sequence[str],
    out: Path | None,
    count: int,
    unseen: bool,
    only: ItemFilter,
    diversity: float,
    as_json: bool,
) -> None:
    """Write recommendations for everybody into a file and say how many."""
    if out is None or users:
        raise UsageError("--all goes with --out FILE and without users.")
    if diversity:
        raise UsageError("--diversity goes with single users, not with --all.")
    found = recommend_all(model, count, unseen, only)
    write_recommendations(model, found, out)
    summary = {"path": str(out), "rows": len(found.users), "users": len(set(found.users.tolist()))}
    if as_json:
        print_json(summary)
        return
    print(f"{summary['rows']:,} recommendations for {summary['users']:,} users in {out}")


def print_similar(model: Model, item: str, count: int, min_ratings: int, as_json: bool) -> None:
    """Print the items most like an item."""
    row = resolve_item(model, item)
    chosen = item_card(model, row)
    found = similar_items(model, chosen.item, count, min_ratings)
    if as_json:
        print_json({"item": asdict(chosen), "similar": [asdict(other) for other in found]})
        return
    note(f"most like {chosen.item} {chosen.title}, by the cosine of the factors:")
    print_table([(f"{other.similarity:.3f}", *_columns(other)) for other in found])


def print_similar_users(model: Model, user: str, count: int, min_ratings: int, as_json: bool) -> None:
    """Print the users most like a user."""
    found = similar_users(model, user, count, min_ratings)
    if as_json:
        print_json({"user": user, "similar": [asdict(other) for other in found]})
        return
    print_table([(f"{one.similarity:.3f}", f"user {one.user}", f"{one.ratings:,} ratings") for one in found])


def _columns(item: ItemCard) -> tuple[str, ...]:
    return str(item.item), item.title, ", ".join(item.genres), f"{item.ratings:,} ratings"
