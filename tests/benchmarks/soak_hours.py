"""Hours of everything at once (`soak.py --hours H`): commands, kills, full disks, hostile files, resizes.

Each act may fail in plain words (exit 1 or 2) or end by its signal, never with a traceback, and after each
the runs that were whole before predict what they predicted.
"""

from __future__ import annotations

import contextlib
import fcntl
import gzip
import json
import os
import pty
import random
import re
import resource
import select
import shlex
import shutil
import signal
import struct
import subprocess
import sys
import termios
import time
import zipfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from soak_words import lessons, questions, untried, write_official_pairs

COMMAND = [sys.executable, "-c", "from core.cli import main; main()"]
ARCHITECTURES = ("bias", "dot", "nn", "bayes", "ease", "stack")
EVIL = "\x1b]0;owned\x07\x1b[2J\x9b31m\u202e [@click=app.quit]x[/] =1+1\n"
SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
LOCALES: tuple[dict[str, str], ...] = (
    *({}, {}, {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}),
    *({"PYTHONIOENCODING": name} for name in ("ascii", "latin-1", "cp1251", "shift_jis")),
)
KEYS = (
    *(b"1", b"2", b"3", b"4", b"5", b"6", b"7", b"\t", b"?", b"\x1b", b"\r", b" ", b"/", b"T", b"L"),
    *(b"\x1b[A", b"\x1b[B", b"\x1b[C", b"\x1b[D", b"s", b"x", b"g", b"m", b"w", b"t", b"o", b"h", b"n", b"a"),
    *(b"+", b"-", b"0", b"b", b"c", b"v", b"f", b"i", b"u", b"\xff", b"\x00", b"\xe2\x82", "é€".encode()),
)
LIMIT = 900
"""Nothing takes so many seconds, even where other programs have the machine."""


@dataclass
class World:
    """The folder where all happens, the runs that are whole with what each predicts, and what was lost."""

    folder: Path
    table: Path
    chooser: random.Random
    whole: dict[str, str] = field(default_factory=dict)
    done: Counter[str] = field(default_factory=Counter)
    lost: list[str] = field(default_factory=list)

    @property
    def runs(self) -> Path:
        return self.folder / "runs"

    @property
    def environment(self) -> dict[str, str]:
        own = {f"TASTEMAP_{name}": str(self.folder / name.lower()) for name in ("RUNS", "CACHE", "CONFIG")}
        return {**os.environ, **own}

    def tastemap(
        self, *words: str, expect: tuple[int, ...] = (0,), blocks: int = 0, **environment: str
    ) -> str:
        """Run a command to its end, with files of at most so many blocks of 1 kB; notes what goes wrong."""
        limit = None if not blocks else lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (blocks << 10,) * 2)
        done = subprocess.run(
            [*COMMAND, *words],
            capture_output=True,
            env={**self.environment, **environment},
            timeout=LIMIT,
            check=False,
            preexec_fn=limit,
        )
        self.judge(words, done.returncode, done.stdout + done.stderr, expect)
        return done.stdout.decode("utf-8", "replace")

    def judge(self, words: tuple[str, ...], code: int, said: bytes, expect: tuple[int, ...]) -> None:
        if code not in expect:
            self.lost.append(f"{' '.join(words)[:200]!r}: exit {code}: {said[-300:]!r}")
        elif b"Traceback" in said:
            self.lost.append(f"{' '.join(words)[:200]!r}: a traceback: {said[-300:]!r}")
        elif any(byte in said for byte in (b"\x1b]", b"\x07", b"\xe2\x80\xae")):
            self.lost.append(f"{' '.join(words)[:200]!r}: an escape got out")

    def keep(self, run: Path) -> None:
        """Count a run as whole from now on."""
        self.whole[run.name] = self.tastemap("predict", str(run), "u1", "1", "--json")

    def check(self) -> None:
        """One of the whole runs still predicts what it predicted, and the list shows them all."""
        if self.whole:
            name = self.chooser.choice(sorted(self.whole))
            if self.tastemap("predict", str(self.runs / name), "u1", "1", "--json") != self.whole[name]:
                self.lost.append(f"{name} predicts otherwise")
        listed = json.loads(self.tastemap("runs", "--json") or "[]")
        finished = {Path(row["path"]).name for row in listed if row["state"] == "finished"}
        if missing := set(self.whole) - finished:
            self.lost.append(f"no more in the list: {sorted(missing)}")


def train(world: World) -> None:
    """A short training; its run is kept."""
    told = world.tastemap(*_training(world, epochs=world.chooser.randint(1, 3)), "--json")
    last = json.loads(told.splitlines()[-1]) if told else {}
    if last.get("event") == "finished":
        world.keep(Path(last["path"]))


def ask(world: World) -> None:
    """A random command in a random locale, sometimes with words that make no sense."""
    run = str(world.runs / world.chooser.choice(sorted(world.whole))) if world.whole else "latest"
    words = world.chooser.choice(questions(run, str(world.folder / "out"), str(world.table), EVIL))
    more = world.chooser.choice(((), ("--json",)))
    world.tastemap(*words, *more, expect=(0, 1, 2), **world.chooser.choice(LOCALES))


def learn(world: World) -> None:
    """A command that trains several models: a race, a verdict, folds, a search, a published protocol."""
    copy = world.folder / "ml-100k"
    if not copy.exists():
        write_official_pairs(copy)
    report = str(world.folder / "verdict.md")
    words = world.chooser.choice(lessons(str(world.table), str(copy), report))
    world.tastemap(*words, *world.chooser.choice(((), ("--json",))), **world.chooser.choice(LOCALES))


def renew(world: World) -> None:
    """A run is updated with news; the update is killed at a random moment, then made."""
    if not world.whole:
        return
    run, chooser = str(world.runs / world.chooser.choice(sorted(world.whole))), world.chooser
    news = world.folder / "news.csv"
    rows = [f"u{chooser.randint(1, 250)},{chooser.randint(1, 90)},{chooser.randint(1, 5)}" for _ in range(40)]
    news.write_text("user,item,rating\n" + "\n".join(dict.fromkeys(rows)) + "\n")
    words = ("update", run, str(news))
    child = subprocess.Popen([*COMMAND, *words], stderr=subprocess.DEVNULL, env=world.environment)
    time.sleep(chooser.uniform(0, 10))
    child.kill()
    child.wait()
    made = world.tastemap(*words, *chooser.choice(((), ("--compare",), ("--full",))), expect=(0, 1))
    if made and world.tastemap(*words, expect=(0, 1)) == "":
        world.lost.append(f"{run} can't be updated twice")


def leave(world: World) -> None:
    """A reader that goes away early, a full standard output, or none at all."""
    run = str(world.runs / world.chooser.choice(sorted(world.whole))) if world.whole else "latest"
    words = world.chooser.choice((("components", run), ("map", run, "--json"), ("plugins",), ("-h",)))
    end = world.chooser.choice(("| head -c 1; exit ${PIPESTATUS[0]}", "> /dev/full", ">&-", "2>&-"))
    line = f"{shlex.join([*COMMAND, *words])} {end}"
    done = subprocess.run(
        ["bash", "-c", line], capture_output=True, env=world.environment, timeout=LIMIT, check=False
    )
    world.judge((*words, end), done.returncode, done.stderr, (0, 1, 141))


def kill(world: World) -> None:
    """A signal at a random moment of a training, which then goes on to its end."""
    before = set(world.runs.iterdir()) if world.runs.exists() else set()
    words = [*COMMAND, *_training(world, epochs=2000)]
    child = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=world.environment)
    time.sleep(world.chooser.uniform(0, 20))
    number = world.chooser.choice(SIGNALS)
    child.send_signal(number)
    try:
        said, _ = child.communicate(timeout=LIMIT)
    finally:
        child.kill()
    world.judge((f"train, signal {number}",), child.returncode, said, (0, -number, 128 + number))
    for run in set(world.runs.iterdir() if world.runs.exists() else ()) - before:
        if (run / "history.jsonl").exists() and (run / "config.json").exists():
            length = () if run.name.startswith(("ease", "stack")) else ("--epochs", "2001")
            world.tastemap("train", "--resume", str(run), *length, blocks=0, expect=(0, 1))
            if (run / "summary.json").exists():
                world.keep(run)


def fill(world: World) -> None:
    """A disk that takes no more in the middle of a training."""
    words = _training(world, epochs=5)
    world.tastemap(*words, blocks=world.chooser.choice((1, 4, 16, 64)), expect=(0, 1))


def poison(world: World) -> None:
    """A table that was cut, mixed with noise, packed, no file at all, or made to attack."""
    chooser, content = world.chooser, bytearray(world.table.read_bytes())
    for _ in range(chooser.randint(1, 50)):
        content[chooser.randrange(len(content))] = chooser.randrange(256)
    cut = bytes(content[: chooser.randint(0, len(content))])
    made = chooser.choice((cut, cut + EVIL.encode(), os.urandom(5000), b"[" * 100_000, b"\0" * 100_000))
    ending = chooser.choice(
        (".csv", ".csv.gz", ".zip", ".parquet", ".jsonl", ".xlsx", ".sqlite", ".feather", ".mtx", ".inter")
    )
    path = world.folder / f"hostile{EVIL[:7]}{ending}"
    path.unlink(missing_ok=True)
    kind = chooser.random()
    if kind < 0.1:
        os.mkfifo(path)
    elif kind < 0.4 and ending == ".zip":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("../../ratings.csv", made)
    else:
        path.write_bytes(gzip.compress(made) if ending.endswith("gz") and kind < 0.7 else made)
    world.tastemap("data", "describe", str(path), expect=(0, 1, 2))
    world.tastemap("train", "--data", str(path), "--epochs", "1", expect=(0, 1, 2))


def damage(world: World) -> None:
    """A copy of a run with bytes changed, or a file that is gone or another thing: the list goes on."""
    chooser = world.chooser
    if not world.whole:
        return
    copy = world.runs / f"damaged-{chooser.randrange(10**6)}"
    shutil.copytree(world.runs / chooser.choice(sorted(world.whole)), copy)
    file = chooser.choice(sorted(path for path in copy.rglob("*") if path.is_file()))
    content = bytearray(file.read_bytes())
    file.unlink()
    kind = chooser.choice(("changed", "changed", "changed", "gone", "pipe", "folder", "link"))
    if kind == "changed":
        for _ in range(chooser.randint(1, 20) if content else 0):
            content[chooser.randrange(len(content))] = chooser.randrange(256)
        file.write_bytes(bytes(content[: chooser.randint(len(content) // 2, len(content))]))
    elif kind == "pipe":
        os.mkfifo(file)
    elif kind == "folder":
        file.mkdir()
    elif kind == "link":
        file.symlink_to("/dev/zero")
    for words in (("recommend", str(copy), "u1"), ("runs",), ("predict", str(copy), "u1", "1")):
        world.tastemap(*words, expect=(0, 1, 2))
    world.tastemap("train", "--resume", str(copy), expect=(0, 1, 2))
    shutil.rmtree(copy)


def resize(world: World) -> None:
    """The screen in a terminal of ever other size, under random keys, ended by q or by a signal."""
    process, terminal = pty.fork()
    if process == 0:
        os.chdir(world.folder)
        os.environ.update(world.environment, TERM="xterm-256color", LANG="C.UTF-8")
        os.execv(sys.executable, COMMAND)
    os.set_blocking(terminal, False)  # a screen that has died reads no keys
    said, ends = bytearray(), time.monotonic() + world.chooser.choice((3, 15, 40))
    while time.monotonic() < ends:
        size = struct.pack("HHHH", world.chooser.randint(1, 80), world.chooser.randint(1, 300), 0, 0)
        with contextlib.suppress(OSError):
            fcntl.ioctl(terminal, termios.TIOCSWINSZ, size)
            os.write(terminal, world.chooser.choice(KEYS))
        said += _heard(terminal, 0.2)
    status = _ended(process, terminal, world.chooser.choice((signal.SIGTERM, signal.SIGHUP)), said)
    if b"Traceback" in said or status not in (129, 143):
        words = re.sub(rb"\x1b\[[0-9;?]*[a-zA-Z]|[\x80-\xff ]{2,}", b" ", bytes(said[-6000:]))
        world.lost.append(f"the screen ended with {status}: {words[-500:]!r}")
    os.close(terminal)


def _ended(process: int, terminal: int, number: int, said: bytearray) -> int:
    """Send a screen a signal and wait for its end; returns its exit code, "never" is -9."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(process, number)
    until = time.monotonic() + LIMIT
    while time.monotonic() < until:
        said += _heard(terminal, 0.2)
        ended, status = os.waitpid(process, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
    os.kill(process, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])


def _heard(terminal: int, seconds: float) -> bytes:
    if select.select([terminal], [], [], seconds)[0]:
        with contextlib.suppress(OSError):
            return os.read(terminal, 1 << 16)
    return b""


def _training(world: World, epochs: int) -> tuple[str, ...]:
    name = world.chooser.choice(ARCHITECTURES)
    length = () if name in {"ease", "stack"} else ("--epochs", str(epochs))
    ranks = ("--objective", "ranking") if name in {"bias", "dot"} and world.chooser.random() < 0.3 else ()
    return ("train", "--data", str(world.table), "--arch", name, *length, *ranks)


ACTS: tuple[Callable[[World], None], ...] = (
    *(
        train,
        ask,
        ask,
        ask,
        ask,
        ask,
        learn,
        renew,
        leave,
        kill,
        fill,
        poison,
        poison,
        damage,
        damage,
        resize,
    ),
)


def soak_for(folder: Path, table: Path, hours: float, chooser: random.Random) -> list[tuple[str, object]]:
    """Do random acts for so many hours; returns what was done and what was lost, as rows of a table."""
    world, ends = World(folder, table, chooser), time.monotonic() + hours * 3600
    for number, handler in ((signal.SIGHUP, lambda *_: None), (signal.SIGINT, signal.default_int_handler)):
        signal.signal(number, handler)  # what `nohup` and `&` ignore, children would ignore too
    world.lost += [f"no act tries `{name}`" for name in untried(world.tastemap("--spec"))]
    train(world)
    while time.monotonic() < ends:
        act, before = chooser.choice(ACTS), len(world.lost)
        world.done[act.__name__] += 1
        try:
            act(world)
            world.check()
        except subprocess.TimeoutExpired as error:
            world.lost.append(f"{act.__name__}: nothing came for {LIMIT} s: {error.cmd}")
        print(f"{world.done.total()}. {act.__name__}", file=sys.stderr, flush=True)
        for one in world.lost[before:]:
            print(f"{world.done.total()}. {act.__name__}: {one}", file=sys.stderr, flush=True)
    rows: list[tuple[str, object]] = [(f"{name} ({count})", "done") for name, count in world.done.items()]
    told = [("lost:", one) for one in world.lost]
    return [*rows, ("runs kept", len(world.whole)), *told, ("lost", len(world.lost))]
