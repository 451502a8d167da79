"""How long the screen takes: the first frame, and keys while a model trains.

usage: python tests/benchmarks/screen_latency.py [--keys 60] [--starts 7] [--than FOLDER]

First frame: from the start of `tastemap` in a terminal to the first frame with the setup form; `--than`
starts another checkout in turn, for a ratio on a machine of any speed. Keys: from the key to its effect on
the screen, sent through Textual's driver while the real engine trains the demo set in its child process;
changing the screen in an idle app is the baseline. Prints a Markdown table of medians and 95th percentiles,
by the clock and by the screen's own processor time: on a busy machine only the latter says anything. The
first frame's is that of the new process up to that frame.
"""

from __future__ import annotations

import argparse
import asyncio
import fcntl
import os
import pty
import signal
import statistics
import struct
import sys
import tempfile
import termios
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

Taken = tuple[float, float]
"""Seconds by the clock, and of the process's own processor time."""
ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))
_COMMAND = "import sys; sys.path.insert(0, sys.argv.pop(1)); from core.cli import main; main()"
_SHOWN = b"Setup"
"""The title of the form, in the first frame that has it."""


def first_frame(root: Path) -> Taken:
    """From the start of `tastemap` in a terminal of 120 × 40 until the setup form is written there."""
    started = time.time()
    process, terminal = pty.fork()
    if process == 0:
        os.chdir(root)
        os.environ |= {"TERM": "xterm-256color", "LANG": "C.UTF-8"}
        os.execv(sys.executable, [sys.executable, "-c", _COMMAND, str(root)])
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
    said = b""
    while _SHOWN not in said:
        said += os.read(terminal, 1 << 16)
    taken = time.time() - started, _processor_seconds(process)
    os.close(terminal)  # which ends the screen
    os.kill(process, signal.SIGTERM)
    os.waitpid(process, 0)
    return taken


def _processor_seconds(process: int) -> float:
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _in_turn(roots: Sequence[Path], times: int) -> dict[Path, list[Taken]]:
    taken: dict[Path, list[Taken]] = {root: [] for root in roots}
    for _ in range(times):
        for root in roots:
            taken[root].append(first_frame(root))
    return taken


async def keys_while_training(times: int) -> dict[str, list[Taken]]:
    """From a key to its effect on the screen, before and while a model trains."""
    from textual.widgets import Input

    from core.contract.plugins import load_plugins
    from core.engine.client import EngineClient, engine_command
    from tests.tui.driving import until
    from tui.shell.app import TastemapApp

    app = TastemapApp(EngineClient(engine_command()), load_plugins())
    app.animation_level = "none"
    measured: dict[str, list[Taken]] = {}
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: bool(app.screen.query("#setup")), "the form", 20)
        measured["screen 2 or 1, idle (baseline)"] = [
            await _change_screen(app, turn) for turn in range(times)
        ]
        app.screen.query_one("#field-epochs", Input).value = "100000"
        await pilot.press("s")
        await until(pilot, lambda: len(app.bench.training.epochs) > 3, "epochs", 90)
        measured["g: linear or log chart, training"] = [await _change_axis(app) for _ in range(times)]
        measured["screen 2 or 1, training"] = [await _change_screen(app, turn) for turn in range(times)]
        measured["learning rate up or down, until the engine obeyed"] = [
            await _change_rate(app, turn) for turn in range(times)
        ]
        app.exit()
    return measured


async def _change_axis(app: Any) -> Taken:
    from tui.charts import ChartView

    chart = app.screen.query_one(ChartView)
    before = chart.border_subtitle
    return await _time(app, "g", lambda: chart.border_subtitle != before)


async def _change_screen(app: Any, turn: int) -> Taken:
    key, mode = (("f2", "lookup"), ("f1", "train"))[turn % 2]
    return await _time(app, key, lambda: app.current_mode == mode and app.screen.is_current)


async def _change_rate(app: Any, turn: int) -> Taken:
    before = len(app.bench.training.changes)
    return await _time(app, ("plus", "minus")[turn % 2], lambda: len(app.bench.training.changes) > before)


async def _time(app: Any, key: str, happened: Callable[[], bool]) -> Taken:
    """Send a key as the terminal would and wait until its effect is there and drawn."""
    from textual.events import Key

    started, worked = time.perf_counter(), time.process_time()
    app._driver.send_message(Key(key, {"plus": "+", "minus": "-"}.get(key, key)))
    while not happened():
        await asyncio.sleep(0.001)
    await asyncio.sleep(0)
    taken = time.perf_counter() - started, time.process_time() - worked
    await asyncio.sleep(0.05)
    return taken


def row(name: str, taken: Sequence[Taken]) -> str:
    """One line of the table, in milliseconds."""
    cells = []
    for seconds in zip(*taken, strict=True):
        ordered = sorted(seconds)
        high = ordered[min(len(ordered) - 1, round(0.95 * len(ordered)))]
        cells += [f"{statistics.median(ordered) * 1000:.0f}", f"{high * 1000:.0f}"]
    return f"| {' | '.join([name, *cells])} |"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--keys", type=int, default=60)
    parser.add_argument("--starts", type=int, default=7)
    parser.add_argument("--than", type=Path, action="append", default=[], metavar="FOLDER")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for variable in ("RUNS", "CACHE", "CONFIG"):
            os.environ[f"TASTEMAP_{variable}"] = str(Path(folder) / variable.lower())
        print("| what | median, ms | 95th percentile, ms | median, CPU ms | 95th percentile, CPU ms |")
        print("|---|---:|---:|---:|---:|")
        for root, taken in _in_turn([ROOT, *arguments.than], arguments.starts).items():
            print(row(f"first frame, {'this' if root == ROOT else root.name}", taken), flush=True)
        for name, seconds in asyncio.run(keys_while_training(arguments.keys)).items():
            print(row(name, seconds), flush=True)


if __name__ == "__main__":
    main()
