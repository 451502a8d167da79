import subprocess
import sys

PROGRAM = """
import importlib, pathlib, pkgutil, sys, tempfile
import core.views
for module in pkgutil.iter_modules(core.views.__path__):
    importlib.import_module(f"core.views.{module.name}")
from core.views.view import compute
from tests.core.views.examples import EXAMPLES, saved_model
with tempfile.TemporaryDirectory() as folder:
    model = saved_model(pathlib.Path(folder))
    for view in EXAMPLES:
        list(view.lines(compute(view, model)))
print(sorted({"tensorflow", "keras", "textual"} & set(sys.modules)))
"""


def test_views_of_a_splittable_model_load_neither_tensorflow_nor_the_screen() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True, timeout=120
    )
    assert done.stdout.strip() == "[]"
