"""Names of components: tested ones from genres, tags, years and popularity, and those a person gave."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt

from core.array_types import LongArray
from core.errors import RunError, UsageError
from core.files import read_json, write_atomically
from core.model.catalogue import factor_table
from core.model.model import Model
from core.model.projection import fit_components

Matrix = npt.NDArray[np.float64]
PERMUTATIONS = 2000
"""At least; of many tests, more are needed before a single p-value can be small enough to stand."""
BLOCK = 64
"""Permutations multiplied at once."""
FALSE_DISCOVERY_RATE = 0.05
LEAST_ITEMS = 10
"""A genre of fewer items isn't tested."""
LEAST_TAGGED = 5
"""A tag on fewer items isn't tested."""
MOST_TAGS = 200
NAMES_AN_END = 3
LEAST_CORRELATION = 0.1
"""Among thousands of items a weaker correlation can be significant and still name nothing that one sees."""


@dataclass(frozen=True, kw_only=True)
class AxisFeature:
    """A property's correlation with a component; `q` is the corrected p-value."""

    feature: str
    correlation: float
    p: float
    q: float


@dataclass(frozen=True, kw_only=True)
class NamedAxis:
    """A component (from 1) with its significant properties by strength, and a name offered for each end."""

    number: int
    explained: float
    high: str
    low: str
    features: tuple[AxisFeature, ...]

    def line(self) -> str:
        """The names of both ends."""
        return f"high: {self.high or 'no clear property'}; low: {self.low or 'no clear property'}"


def named_axes(model: Model, most_rated: int, components: int) -> tuple[NamedAxis, ...]:
    """Name the components of the `most_rated` items, by what is known of the items."""
    from scipy.stats import false_discovery_control

    rows, projection = fit_components(model, most_rated, components)
    values = projection.project(factor_table(model, "item")[rows])
    names, features = _features(model, rows)
    correlations, p_values = permutation_test(features, values)
    tests = p_values.ravel()
    q_values = (false_discovery_control(tests) if len(tests) else tests).reshape(p_values.shape)
    return tuple(
        _axis(number, float(share), names, correlations[:, number], p_values[:, number], q_values[:, number])
        for number, share in enumerate(projection.explained)
    )


def permutation_test(features: Matrix, values: Matrix, seed: int = 0) -> tuple[Matrix, Matrix]:
    """Correlations of features (n, features) with values (n, axes), and two-sided p-values: both of shape
    (features, axes). Whole rows of values are permuted, 2,000 times or, where there are more than 100
    tests, 20 times a test: so often that one true correlation among them survives the correction."""
    from scipy.sparse import csr_array

    standard_values = _standardized(values)
    # Values of mean 0 need no centred features; without centring, tags and genres are nearly all zeros.
    scaled_features = csr_array(_scaled(features).T / len(values))
    correlations: Matrix = scaled_features @ standard_values
    permutations = max(PERMUTATIONS, round(correlations.size / FALSE_DISCOVERY_RATE))
    generator, beyond = np.random.default_rng(seed), np.zeros(correlations.shape)
    least = (np.abs(correlations) - 1e-12)[:, None, :]
    for start in range(0, permutations, BLOCK):
        count = min(BLOCK, permutations - start)
        orders = np.stack([generator.permutation(len(values)) for _ in range(count)], axis=1)
        shuffled = scaled_features @ standard_values[orders].reshape(len(values), -1)
        beyond += (np.abs(shuffled).reshape(-1, count, values.shape[1]) >= least).sum(axis=1)
    return correlations, (1 + beyond) / (1 + permutations)


def _features(model: Model, rows: LongArray) -> tuple[list[str], Matrix]:
    """Properties of items as columns, shape (items, properties): those that vary among the items."""
    genres = [model.item_table.genres[row] for row in rows.tolist()]
    names = sorted({name for items in genres for name in items})
    columns = {name: np.array([name in items for items in genres], float) for name in names}
    columns = {name: column for name, column in columns.items() if column.sum() >= LEAST_ITEMS}
    if model.item_table.tags:
        columns.update(_tag_columns([model.item_table.tags[row] for row in rows.tolist()]))
    years = model.item_table.years[rows].astype(float)
    if (years > 0).any():
        columns["year"] = np.where(years > 0, years, years[years > 0].mean())
    columns["popularity"] = np.log(model.baseline.item_counts[rows].astype(float))
    varying = {name: column for name, column in columns.items() if np.ptp(column) > 0}
    return list(varying), np.stack(list(varying.values()), axis=1) if varying else np.zeros((len(rows), 0))


def _tag_columns(tags: Sequence[tuple[str, ...]]) -> dict[str, Matrix]:
    """Who carries each of the most frequent tags (1) and who doesn't (0), by the tag's name on an axis."""
    counts = Counter(name for names in tags for name in names)
    frequent = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:MOST_TAGS]
    chosen = [name for name, count in frequent if count >= LEAST_TAGGED]
    return {f"tag: {name}": np.array([name in names for names in tags], float) for name in chosen}


def _axis(
    number: int, explained: float, names: list[str], correlations: Matrix, p_values: Matrix, q_values: Matrix
) -> NamedAxis:
    order = np.argsort(-np.abs(correlations), kind="stable").tolist()
    features = tuple(
        AxisFeature(
            feature=names[at],
            correlation=float(correlations[at]),
            p=float(p_values[at]),
            q=float(q_values[at]),
        )
        for at in order
        if q_values[at] <= FALSE_DISCOVERY_RATE
    )
    high, low = (_end_name(features, sign) for sign in (1, -1))
    return NamedAxis(number=number + 1, explained=explained, high=high, low=low, features=features)


def _end_name(features: tuple[AxisFeature, ...], sign: int) -> str:
    """The strongest properties towards an end; year and popularity have a word for either direction."""
    words = []
    for feature in (one for one in features if abs(one.correlation) >= LEAST_CORRELATION):
        towards = feature.correlation * sign > 0
        if feature.feature in ("year", "popularity"):
            pair = ("newer", "older") if feature.feature == "year" else ("more rated", "less rated")
            words.append(pair[0] if towards else pair[1])
        elif towards:
            words.append(feature.feature)
    return " · ".join(words[:NAMES_AN_END])


def _standardized(columns: Matrix) -> Matrix:
    return _scaled(columns - columns.mean(axis=0))


def _scaled(columns: Matrix) -> Matrix:
    """Columns of standard deviation 1; constant ones become 0, since nothing correlates with them."""
    varies = np.ptp(columns, axis=0) > 0
    return np.where(varies, columns / np.where(varies, columns.std(axis=0), 1), 0)


COMPONENT_NAMES_FILE = "component_names.json"
LONGEST_NAME = 100


def read_component_names(folder: Path) -> dict[int, str]:
    """Read the names by component number (from 1); none where the file is missing, RunError if damaged."""
    path = folder / COMPONENT_NAMES_FILE
    if not path.exists():
        return {}
    try:
        names = {int(number): name for number, name in read_json(path).items()}
        return msgspec.convert(names, dict[int, str])
    except ValueError as error:
        raise RunError(f"{path} is damaged: {error}.", hint="Delete it to start over.") from None


def write_component_name(folder: Path, number: int, name: str) -> dict[int, str]:
    """Save one name, or take it away where it is empty; returns all names.

    Raises UsageError for a name over 100 characters and RunError where the folder can't be written.
    """
    cleaned = " ".join(name.split())
    if len(cleaned) > LONGEST_NAME:
        raise UsageError(f"A component's name has {LONGEST_NAME} characters at most, not {len(cleaned)}.")
    kept = {known: text for known, text in read_component_names(folder).items() if known != number}
    names = {**kept, number: cleaned} if cleaned else kept
    text = json.dumps({str(key): names[key] for key in sorted(names)}, ensure_ascii=False, indent=2)
    write_atomically(folder / COMPONENT_NAMES_FILE, f"{text}\n".encode())
    return names
