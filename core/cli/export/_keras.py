"""A whole `keras.Model` from a run: external ids in, ratings out, needing nothing of tastemap to be used."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from core.data import Vocabulary
from core.errors import UsageError
from core.files import write_through
from core.model import HistoryScorer, Model, Scorer

if TYPE_CHECKING:
    from core.model import Head


def export_keras(model: Model, path: Path) -> Path:
    """Save the whole model as a .keras file; raises UsageError for another ending."""
    if path.suffix != ".keras":
        raise UsageError(f"{path} should end in .keras.")
    if isinstance(model.scorer, HistoryScorer):
        hint = "Its weights are in the run's weights.safetensors."
        raise UsageError(f"{model.architecture.name} scores from histories and has no Keras head.", hint=hint)
    whole = whole_model(model)
    with tempfile.TemporaryDirectory() as folder:
        saved = Path(folder) / "model.keras"
        whole.save(saved)
        write_through(path, lambda temporary: shutil.copyfile(saved, temporary))
    return path


def whole_model(model: Model) -> Any:
    """Assemble the model: inputs `user` and `item` of shape (batch,), ratings of shape (batch,).

    It predicts as the run does (scores, where it ranks): clipped, with the same fallback for ids that
    training never saw. Each table has one row more than ids, the first, for unknown ids.
    """
    from core.model import load_head
    from core.startup import keras

    head = load_head(model.architecture, model.options, model.weights)
    inputs, found = _inputs(model)
    baseline = model.baseline
    measured = {
        "user": (baseline.user_counts, baseline.user_offsets),
        "item": (baseline.item_counts, baseline.item_offsets),
    }
    known, means = 1.0, 0.0
    for side, (counts, offsets) in measured.items():
        known = known * _rows((counts > 0)[:, None], found[side], f"{side}_known")
        means = means + _rows(offsets[:, None], found[side], f"{side}_offset")
    scoring = model.scoring
    raw = scoring.share * _score(model, head, found) + scoring.offset + scoring.means * means
    ratings = known * raw + (1.0 - known) * (baseline.mean + means)
    name = "score" if model.ranks else "rating"
    if not model.ranks:
        ratings = keras.ops.clip(ratings, baseline.scale.minimum, baseline.scale.maximum)
    return keras.Model(inputs, keras.layers.Reshape((), name=name)(ratings), name=model.architecture.name)


def _score(model: Model, head: Head, found: dict[str, Any]) -> Any:
    """The head's score, shape (batch, 1): the mean of all replicas'."""
    from core.startup import keras

    scores = []
    assert isinstance(model.scorer, Scorer)  # noqa: S101 - others have no head
    for number, replica in enumerate(head.models):
        name = "{}" if number == 0 else f"{{}}_{number}"
        tables = {
            spec: np.split(model.scorer.tables[spec.name], len(head.models), axis=1)[number]
            for spec in head.specs
        }
        rows = [_rows(table, found[spec.side], name.format(spec.name)) for spec, table in tables.items()]
        replica.name = name.format(replica.name)
        scores.append(replica(rows))
    return scores[0] if len(scores) == 1 else keras.layers.Average()(scores)


def _inputs(model: Model) -> tuple[dict[str, Any], dict[str, Any]]:
    """Inputs of external ids, and the rows that they stand for: 0 for unknown ids."""
    from core.startup import keras

    sides = {"user": model.users, "item": model.items}
    inputs = {
        side: keras.Input((), name=side, dtype=_dtype(vocabulary)) for side, vocabulary in sides.items()
    }
    return inputs, {side: _lookup(sides[side], f"{side}_row")(one) for side, one in inputs.items()}


def _dtype(vocabulary: Vocabulary) -> str:
    return "int64" if vocabulary.ids.dtype.kind == "i" else "string"


def _lookup(vocabulary: Vocabulary, name: str) -> Any:
    from core.startup import keras

    ids = vocabulary.ids.tolist()
    if _dtype(vocabulary) == "string":
        unknown = "[unknown]" + "?" * max(len(text) for text in ids)
        return keras.layers.StringLookup(vocabulary=ids, oov_token=unknown, name=name)
    return keras.layers.IntegerLookup(vocabulary=ids, oov_token=min(ids) - 1, name=name)


def _rows(table: npt.NDArray[Any], found: Any, name: str) -> Any:
    """Look rows up in a frozen table below a row of zeros for unknown ids."""
    from core.startup import keras

    padded = np.vstack([np.zeros((1, table.shape[1])), table]).astype(np.float32)
    layer = keras.layers.Embedding(*padded.shape, trainable=False, name=name)
    rows = layer(found)
    layer.set_weights([padded])
    return rows
