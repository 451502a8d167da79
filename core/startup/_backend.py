"""TensorFlow and Keras, imported without their start-up chatter; every module here takes them from this one.

TensorFlow 2.21 logs a few lines straight to file descriptor 2 while it loads, whatever its log level says.
They are held back, and shown after all if the import fails.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from core.startup._compile_cache import keep_compiled_programs
from core.startup._lean_import import lean_import
from core.startup._xla_flags import choose_xla_flags
from core.startup.own_process import settle

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")


@contextmanager
def _held_back_stderr() -> Iterator[None]:
    sys.stderr.flush()
    real = os.dup(2)
    with tempfile.TemporaryFile() as chatter:
        os.dup2(chatter.fileno(), 2)
        try:
            yield
        except BaseException:
            chatter.seek(0)
            os.write(real, chatter.read())
            raise
        finally:
            os.dup2(real, 2)
            os.close(real)


choose_xla_flags()
keep_compiled_programs()
with _held_back_stderr(), lean_import():
    import keras
    import tensorflow as tf

settle()
# GPUs would multiply matrices with 10 bits of mantissa: a run opened on a CPU would predict otherwise.
tf.config.experimental.enable_tensor_float_32_execution(False)
tf.get_logger().setLevel("ERROR")  # advice on retracing is for us, not for the user

__all__ = ["keras", "tf"]
