"""TensorFlow comes without scikit-learn and pandas, and all of Keras still works."""

from __future__ import annotations

import functools
import json
import subprocess
import sys
from typing import Any

REPORT = """
import gc, json, sys
{first}
from core.startup import keras
import inspect
inspect.getmodule(gc.freeze)  # looks at every module
told = {{"heavy": [name for name in ("sklearn", "pandas") if name in sys.modules]}}
told["frozen"], told["collecting"] = gc.get_freeze_count(), gc.isenabled()
if sys.argv[1:] != ["use it"]:
    print(json.dumps(told))
    sys.exit()
told["wrapper"] = keras.wrappers.SKLearnClassifier.__name__
told["sklearn"] = "sklearn" in sys.modules
model = keras.Sequential([keras.layers.Dense(1)])
model.compile(loss="mse")
import numpy
told["fits"] = len(model.fit(numpy.ones((4, 2)), numpy.ones(4), verbose=0).epoch)
print(json.dumps(told))
"""


@functools.cache
def report(first: str = "") -> dict[str, Any]:
    """What a fresh process sees after the import; where nothing came first, it also uses what waited."""
    words = [sys.executable, "-c", REPORT.format(first=first), *([] if first else ["use it"])]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=200)
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def test_heavy_modules_wait_until_they_are_used() -> None:
    told = report()
    assert told["heavy"] == []
    assert (told["wrapper"], told["sklearn"], told["fits"]) == ("SKLearnClassifier", True, 1)


def test_a_host_keeps_its_garbage_collector_as_it_was() -> None:
    told = report()
    assert (told["frozen"], told["collecting"]) == (0, True)
    assert report("gc.disable()")["collecting"] is False


def test_our_own_process_spares_what_lives_to_the_end() -> None:
    told = report("from core.startup.own_process import claim_process; claim_process()")
    assert told["frozen"] > 100_000
    assert told["collecting"] is True
