"""`tastemap diagnose`, `rank` and `compare`: results on stdout, as text or JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from core.cli.output import print_json
from core.cli.views_text import note, print_table
from core.model.model import Model
from core.views.comparison import ComparedRun, compare
from core.views.diagnosis import Diagnosis, Slice, diagnose
from core.views.ranking import RankingQuality, ranking_quality


def print_diagnosis(model: Model, worst: int, as_json: bool) -> None:
    """Print the slices of the held-out errors and the worst pairs."""
    diagnosis = diagnose(model, worst)
    if as_json:
        print_json(asdict(diagnosis))
        return
    print_table([("", "ratings", "RMSE", "MAE", "predicted − true"), _row(diagnosis.whole)])
    for heading, slices in _groups(diagnosis):
        print(f"\n{heading}")
        print_table([_row(one) for one in slices])
    print("\ncalibration: predictions, their mean, the mean of the true ratings")
    print_table(
        [
            (f"{one.low:.1f}–{one.high:.1f}", f"{one.ratings:,}", f"{one.predicted:.2f}", f"{one.truth:.2f}")
            for one in diagnosis.calibration
        ]
    )
    print("\nworst predictions")
    print_table(
        [
            (f"true {one.truth:g}", f"predicted {one.predicted:.2f}", f"user {one.user}", one.title)
            for one in diagnosis.worst
        ]
    )


def print_ranking(model: Model, k: int, relevant_from: float | None, as_json: bool) -> None:
    """Print a model's ranking figures and those of mere popularity."""
    own = ranking_quality(model, k, relevant_from)
    popular = ranking_quality(model, k, relevant_from, by_popularity=True)
    if as_json:
        print_json({"run": model.facts.get("run"), **asdict(own), "popularity": asdict(popular)})
        return
    note(f"{own.users:,} users; relevant: held-out ratings from {own.relevant_from:g}")
    heading = ("", f"nDCG@{own.k}", f"recall@{own.k}", f"MAP@{own.k}", "coverage", "novelty")
    print_table([heading, _ranking_row("this run", own), _ranking_row("popularity", popular)])


def print_comparison(models: Sequence[Model], k: int, as_json: bool) -> None:
    """Print runs side by side."""
    compared = compare(models, k)
    if as_json:
        print_json([asdict(one) for one in compared])
        return
    heading = ("run", "RMSE", "MAE", f"nDCG@{k}", "seconds", "RMSE against the first (95 %)", "")
    print_table([heading, *(_compared_row(one) for one in compared)])


def _groups(diagnosis: Diagnosis) -> tuple[tuple[str, tuple[Slice, ...]], ...]:
    return (
        ("by training ratings of the user", diagnosis.by_user_activity),
        ("by training ratings of the item", diagnosis.by_item_popularity),
        ("by genre", diagnosis.by_genre),
        ("by true rating", diagnosis.by_rating),
    )


def _row(one: Slice) -> tuple[str, ...]:
    return one.name, f"{one.ratings:,}", f"{one.rmse:.4f}", f"{one.mae:.4f}", f"{one.bias:+.3f}"


def _ranking_row(name: str, quality: RankingQuality) -> tuple[str, ...]:
    shares = (quality.ndcg, quality.recall, quality.map)
    return (
        name,
        *(f"{share:.4f}" for share in shares),
        f"{quality.coverage:.1%}",
        f"{quality.novelty:.2f} bits",
    )


def _compared_row(one: ComparedRun) -> tuple[str, ...]:
    figures = [_figure(value, 4) for value in (one.rmse, one.mae, one.ndcg)]
    verdict = f"not comparable: {one.not_comparable}" if one.not_comparable else one.verdict
    difference = one.difference
    interval = (
        ""
        if difference is None
        else f"{difference.rmse:+.4f} ({difference.low:+.4f} to {difference.high:+.4f})"
    )
    return one.run, *figures, _figure(one.seconds, 1), interval, verdict


def _figure(value: float | None, digits: int) -> str:
    return "-" if value is None else f"{value:.{digits}f}"
