"""`tastemap foldin` and `why`: results on stdout, as text or JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from core.cli.output import print_json
from core.cli.views_text import note, print_table
from core.errors import UsageError
from core.model.model import Model
from core.views.fold_in import fold_user_in
from core.views.prediction import Contributions
from core.views.resolve import resolve_item
from core.views.top_items import ItemFilter
from core.views.why import explain


def print_fold_in(model: Model, given: Sequence[str], count: int, min_ratings: int, as_json: bool) -> None:
    """Fold a user in and print what they would like."""
    ratings = parse_ratings(model, given, "--rate")
    newcomer = fold_user_in(model, ratings, count, ItemFilter(min_ratings=min_ratings))
    if as_json:
        print_json(asdict(newcomer))
        return
    for rating in newcomer.given:
        note(f"rated {rating.rating:g}, now predicted {rating.predicted:.2f}: {rating.item} {rating.title}")
    for title in newcomer.ignored:
        note(f"left out, since training never saw it: {title}")
    print_table(
        [(f"{item.rating:.2f}", str(item.item), item.title, ", ".join(item.genres)) for item in newcomer.top]
    )
    if newcomer.position is not None:
        note("place on the components: " + ", ".join(f"{value:+.2f}" for value in newcomer.position))


def print_why(model: Model, user: str, item: str, count: int, had: Sequence[str], as_json: bool) -> None:
    """Print a prediction's parts, the ratings that push it, and counterfactuals."""
    instead = parse_ratings(model, had, "--had") if had else None
    identifier = model.items.identifier(resolve_item(model, item))
    why = explain(model, user, identifier, count, instead)
    if as_json:
        print_json(asdict(why))
        return
    _print_dissection(why.contributions)
    print("the user's ratings that push it most (away it would be so much less):")
    print_table([(f"{one.effect:+.3f}", f"rated {one.rating:g}", one.title) for one in why.influences])
    for other in why.counterfactuals:
        print(
            f"had it been {other.instead:g} instead of {other.rating:g} for {other.title}: "
            f"{other.change:+.3f}, so {other.predicted:.2f}"
        )


def parse_ratings(model: Model, words: Sequence[str], flag: str) -> dict[object, float]:
    """Read "Toy Story=5" and "296=4.5" into ratings by item id; raises UsageError."""
    ratings: dict[object, float] = {}
    for word in words:
        item, equals, value = word.rpartition("=")
        try:
            rating = float(value)
        except ValueError:
            equals, rating = "", 0.0
        if not equals or not item.strip():
            raise UsageError(f"{flag} takes ITEM=RATING, as in {flag} 'Toy Story=5', not {word!r}.")
        ratings[model.items.identifier(resolve_item(model, item.strip()))] = rating
    return ratings


def _print_dissection(contributions: Contributions) -> None:
    prediction = contributions.prediction
    truth = "" if prediction.truth is None else f" (truly {prediction.truth:g}, {prediction.part})"
    print(
        f"{prediction.rating:.2f}{truth}  user {prediction.user}, item {prediction.item} {prediction.title}"
    )
    if not contributions.available:
        note(contributions.reason)
        return
    factors = sum(term.value for term in contributions.terms if term.name.startswith("factor"))
    biases = [term for term in contributions.terms if not term.name.startswith("factor")]
    rows = [("mean", contributions.mean), *((term.name, term.value) for term in biases), ("factors", factors)]
    print_table([(f"{value:+.3f}", name) for name, value in rows])
