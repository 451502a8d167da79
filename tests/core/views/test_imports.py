import subprocess
import sys

PROGRAM = """
import importlib, pkgutil, sys
import core.views
for module in pkgutil.iter_modules(core.views.__path__):
    importlib.import_module(f"core.views.{module.name}")
from core.engine.views import answer_view
from tests.core.views.handmade import hand_model
from tests.core.views.test_views import QUERIES
for view, arguments in QUERIES.items():
    answer_view(view, hand_model(), arguments)
print(sorted({"tensorflow", "keras", "textual"} & set(sys.modules)))
"""


def test_views_of_a_splittable_model_load_neither_tensorflow_nor_the_screen() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True, timeout=120
    )
    assert done.stdout.strip() == "[]"
