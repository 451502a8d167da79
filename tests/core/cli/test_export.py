import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow.parquet as parquet
import pytest

from core.api import train
from core.cli._export import export_model
from core.cli.export import export_keras, export_projector, export_tables
from core.errors import UsageError
from core.model.model import Model
from tests.core.views.handmade import hand_model
from tests.support import make_ratings

IN_PLAIN_KERAS = """
import sys, keras, numpy as np
users = np.array(["u0", "u1", "nobody", "u2", "nobody"], dtype=object)
items = np.array([100, 117, 104, 9999, 9999])
import tensorflow as tf
for path in sys.argv[1:]:
    model = keras.models.load_model(path)
    print(*model.predict({"user": tf.constant(users), "item": items}, verbose=0).tolist())
assert not any(name.startswith(("core", "models_plugins")) for name in sys.modules)
"""


def test_tables_hold_ids_counts_and_every_embedding(tmp_path: Path) -> None:
    export_tables(hand_model(), tmp_path)
    users, items = (parquet.read_table(tmp_path / name) for name in ("users.parquet", "items.parquet"))
    assert users.column_names == ["user", "ratings", "factors_1", "factors_2", "bias"]
    assert users["user"].to_pylist() == ["ann", "bob", "cid"]
    assert items["genres"].to_pylist()[0] == ["Horror", "Sci-Fi"]
    np.testing.assert_allclose(items["bias"].to_numpy(), [0.1, 0.2, -0.3, 0.5, -0.3, 9])
    assert items["factors_2"].to_pylist() == [0, 0, 1, 0, -1, 9]


def test_the_projector_gets_a_line_an_item_in_both_files(tmp_path: Path) -> None:
    export_projector(hand_model(), tmp_path)
    vectors = np.loadtxt(tmp_path / "item_factors.tsv", delimiter="\t")
    metadata = (tmp_path / "item_metadata.tsv").read_text().splitlines()
    assert vectors.tolist() == [[1, 0], [0, 1], [2, 0], [-1, 0], [0, -1]]
    assert len(metadata) == 1 + len(vectors)
    assert metadata[1] == "Alien (1979)\t1979\tHorror|Sci-Fi\t2\t0.1000"
    config = (tmp_path / "projector_config.pbtxt").read_text()
    assert 'tensor_path: "item_factors.tsv"' in config and 'metadata_path: "item_metadata.tsv"' in config


def test_tabs_in_titles_do_not_shift_columns(tmp_path: Path) -> None:
    model = hand_model()
    titles = ("Alien\t\nagain", *model.item_table.titles[1:])
    object.__setattr__(model.item_table, "titles", titles)
    export_projector(model, tmp_path)
    assert (tmp_path / "item_metadata.tsv").read_text().splitlines()[1].startswith("Alien again\t1979\t")


def test_nothing_asked_for_and_wrong_endings_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="Say what to export"):
        export_model(hand_model(), None, None, None, as_json=False)
    with pytest.raises(UsageError, match=r"end in \.keras"):
        export_keras(hand_model(), tmp_path / "model.h5")


def small_model(architecture: str, folder: Path) -> Model:
    settings = {"factors": 3, **({"hidden_units": 5} if architecture == "nn" else {})}
    return train(make_ratings(), architecture, options=settings, adapt=False, epochs=1, folder=folder).model


def test_plain_keras_predicts_the_same_unknown_ids_included(tmp_path: Path) -> None:
    models = {name: small_model(name, tmp_path / name) for name in ("bias", "nn")}
    paths = [export_keras(model, tmp_path / f"{name}.keras") for name, model in models.items()]
    done = subprocess.run(
        [sys.executable, "-c", IN_PLAIN_KERAS, *map(str, paths)],
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    pairs = (["u0", "u1", "nobody", "u2", "nobody"], [100, 117, 104, 9999, 9999])
    for line, (name, model) in zip(done.stdout.splitlines(), models.items(), strict=True):
        predicted = [float(number) for number in line.split()]
        np.testing.assert_allclose(predicted, model.predict_many(*pairs), rtol=1e-5, err_msg=name)
