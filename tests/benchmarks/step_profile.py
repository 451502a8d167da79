"""What a rating costs on one core of the CPU, pass by pass, beside what the machine could do.

usage: taskset -c 1 python tests/benchmarks/step_profile.py [--ratings 100000 --users 671 --items 9066]
       [--factors 64] [--architecture bias] [--optimizer rowwise_adagrad] [--turns 12] [--json]

Trains epochs on a made table under TensorFlow's profiler, which notes how long each kernel of the compiled
loop takes, and names the kernels by what XLA says that they compute. Each figure is the fastest of all turns.
The profiler itself takes half a microsecond a kernel and batch, so the rate is measured without it. Beside
them stand bounds, measured in the same process: what the bytes that a rating must move take where buffers of
a batch, of a block of rows and of the tables are copied, and, where a C compiler is at hand and the model is
`bias`, a loop written by hand for it alone (`hand_loop.c`) over the same ratings in the same order.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import os
import re
import shutil
import subprocess
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["TASTEMAP_COMPILED"] = "off"  # kept programs don't say what they compute

import numpy as np
from training_scale import best_of, made_data

from core import load_plugins
from core.contract.settings import resolve
from core.startup import tf

_KERNEL = re.compile(
    r"^  (?:ROOT )?%(?P<name>[\w.-]+) = (?P<shape>\w+\[[\d,]*\]).* (?:fusion|dot|copy|custom-call)\("
)
_LEAST = 0.005


class Kernel(NamedTuple):
    """A kernel of the compiled loop: its pass, what it computes, and the shape of its result."""

    group: str
    told: str


def group_of(kind: str, place: str, numbers: int, batch: int) -> str:
    """The pass that an operation belongs to, for people; `numbers` are those of its result."""
    if kind in {"TensorScatterAdd", "TensorScatterSub"}:
        return "scatter rows" if kind.endswith("Sub") else "scatter slots"
    if "Gather" in kind:
        return "gather rows" if kind == "GatherNd" else "gather constants"
    if kind == "StridedSlice" or numbers < batch:
        return "indices and counting"
    return "score" if "functional" in place else "gradients, optimizer, steps"


def kernels(text: str, batch: int) -> dict[str, Kernel]:
    """The kernels that optimized HLO in text names, by name."""
    found = {}
    for line in text.splitlines():
        told = _KERNEL.match(line)
        if told:
            place, kind = re.search(r'op_name="([^"]*)"', line), re.search(r'op_type="(\w+)"', line)
            names = [match[1] if match else "" for match in (place, kind)]
            numbers = int(np.prod([int(size) for size in re.findall(r"\d+", told["shape"].split("[")[1])]))
            group = group_of(names[1], names[0], numbers, batch)
            found[told["name"]] = Kernel(group, f"{names[0].split('/', 1)[-1]} {told['shape']}")
    return found


def profiled(work: Any) -> Counter[str]:
    """Nanoseconds of everything that TensorFlow's profiler names while `work` runs."""
    from tensorflow.tsl.profiler.protobuf import xplane_pb2

    spent: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        tf.profiler.experimental.start(folder)
        work()
        tf.profiler.experimental.stop()
        for path in Path(folder).rglob("*.xplane.pb"):
            space = xplane_pb2.XSpace.FromString(path.read_bytes())
            for plane in space.planes:
                for event in (event for line in plane.lines for event in line.events):
                    spent[plane.event_metadata[event.metadata_id].name] += event.duration_ps / 1e3
    return spent


def optimized(trainer: Any) -> str:
    """The compiled loop of a trainer, in XLA's words."""
    from core.training.gradient import as_step

    numbers = [tf.constant(number) for number in (1, 0, 0)]
    rates = tf.constant(np.full(trainer.replicas, 0.01, np.float32))
    told = trainer._run.experimental_get_compiler_ir(*trainer._shuffled, *numbers, as_step(0), rates)
    return str(told(stage="optimized_hlo"))


def copied(size: int) -> float:
    """Bytes read plus bytes written a second when NumPy copies a buffer of so many bytes."""
    source, target = np.ones(size // 4, np.float32), np.zeros(size // 4, np.float32)
    times = max(1, int(1e8 // size))

    def copy() -> float:
        for _ in range(times):
            np.copyto(target, source)
        return 2.0 * size * times

    return 1 / best_of(7, copy)


def by_hand(trainer: Any, users: int, items: int, factors: int, turns: int) -> Iterator[tuple[str, float]]:
    """Nanoseconds a rating of the loop in C, over the ratings of the trainer's epoch."""
    compiler = next(filter(None, map(shutil.which, ("cc", "gcc", "clang"))), None)
    if compiler is None:
        return
    columns = [column.numpy().ravel() for column in trainer._shuffled]
    with tempfile.TemporaryDirectory() as folder:
        library = Path(folder) / "hand_loop.so"
        words = ["-O3", "-march=native", "-ffast-math", "-shared", "-fPIC", "-o", str(library)]
        subprocess.run([compiler, *words, str(Path(__file__).with_name("hand_loop.c")), "-lm"], check=True)
        epoch = ctypes.CDLL(str(library)).epoch
        epoch.restype = ctypes.c_double
        for adagrad, name in ((1, "by hand, row-wise Adagrad"), (0, "by hand, plain steps")):
            shapes = ((users, factors + 1), (items, factors + 1), (users, 2), (items, 2))
            arrays = [np.full(shape, 0.1, np.float32) for shape in shapes]
            given = [array.ctypes.data_as(ctypes.c_void_p) for array in (*columns, *arrays)]
            count = ctypes.c_long(len(columns[0]))

            def run(adagrad: int = adagrad, given: Any = given, count: Any = count) -> float:
                epoch(count, *given[:3], factors, adagrad, *given[3:])
                return float(len(columns[0]))

            yield name, 1e9 * best_of(turns, run)


def measure(asked: argparse.Namespace) -> dict[str, Any]:
    """Everything that the tables show: nanoseconds a rating by pass, kernel and bound; gigabytes a second."""
    from core.training.gradient import GradientTrainer

    settings = {"device": "cpu", **({"optimizer": asked.optimizer} if asked.optimizer else {})}
    options = {"factors": asked.factors}
    chosen = resolve(load_plugins().architecture(asked.architecture), options=options, settings=settings)
    data = made_data(asked.ratings, asked.users, asked.items)
    trainer = GradientTrainer(chosen.architecture, chosen.options, chosen.settings, data, "/CPU:0")
    batches = trainer.begin_epoch(1)
    trainer.compile()

    def epoch() -> float:
        return trainer.run_batches(0, batches, 0.01).ratings

    epoch()
    whole = 1e9 * best_of(asked.turns, epoch)
    turns = [profiled(epoch) for _ in range(asked.turns)]
    batch = -(-asked.ratings // batches)
    named = kernels(optimized(trainer), batch)
    spent = {name: min(turn[name] for turn in turns) / asked.ratings for name in named if name in turns[0]}
    variables = [variable for name, variable in trainer.variables().items() if not name.startswith("head")]
    columns = sum(int(variable.shape[1]) for variable in variables if len(variable.shape) == 2)
    tables = 4 * sum(int(np.prod(variable.shape)) for variable in variables)
    sizes = {"a batch's rows": 4 * columns * batch, "a block of rows": 1 << 21, "the tables": tables}
    speeds = {name: copied(size) for name, size in sizes.items()}
    moved = 8 * columns + 12
    bounds = {f"copying {moved:,} bytes, {name}": 1e9 * moved / speed for name, speed in speeds.items()}
    hand = asked.architecture == "bias"
    bounds |= dict(by_hand(trainer, asked.users, asked.items, asked.factors, asked.turns)) if hand else {}
    passes: defaultdict[str, float] = defaultdict(float)
    for name, nanoseconds in spent.items():
        passes[named[name].group] += nanoseconds
    shown = {f"{named[name].group}: {named[name].told} ({name})": one for name, one in spent.items()}
    return {
        "whole": whole,
        "passes": dict(sorted(passes.items(), key=lambda pair: -pair[1])),
        "kernels": dict(sorted(shown.items(), key=lambda pair: -pair[1])),
        "bounds": bounds,
        "gigabytes a second": {name: speed / 1e9 for name, speed in speeds.items()},
    }


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    for name, default in (("ratings", 100_000), ("users", 671), ("items", 9_066), ("factors", 64)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--architecture", default="bias")
    parser.add_argument("--optimizer", default="")
    parser.add_argument("--turns", type=int, default=12)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    found = measure(asked)
    if asked.json:
        print(json.dumps(found, indent=1))
        return
    print(f"{found['whole']:.0f} ns a rating, {1e3 / found['whole']:.1f}M ratings/s\n")
    for title in ("passes", "kernels", "bounds"):
        print(f"| {title} | ns a rating |\n|---|---:|")
        least = _LEAST * found["whole"] if title == "kernels" else 0
        print("\n".join(f"| {name} | {ns:.1f} |" for name, ns in found[title].items() if ns >= least))
        print()


if __name__ == "__main__":
    main()
