"""How fast 10,000 new users are folded in, for every architecture and objective.

usage: python tests/benchmarks/newcomers.py --data ml-latest-small [--users 10000] [--arch bias,nn] [--exact]

Each is trained on the split by newcomers, for --epochs; then histories of the table's users, drawn with
replacement, are folded in as those of so many newcomers. Prints a Markdown table of processor and wall
seconds. With --exact the split's own newcomers are folded in one after the other too, as `tastemap foldin`
does it, and nDCG@10 of both ways is compared, paired by user.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from core import Ratings, Run, load_plugins, load_ratings, train  # noqa: E402
from core.array_types import DoubleArray  # noqa: E402
from core.model import AnyFolder, LikesFolder, Model, folder_of, held_out_blocks  # noqa: E402
from core.model.newcomers import fold_many, folding  # noqa: E402
from core.ranking import ItemSets, RankingTask  # noqa: E402


def histories(model: Model, users: int) -> ItemSets:
    """Histories of the table's users, drawn with replacement, as likes or as ratings."""
    table, generator = model.rated.ratings, np.random.default_rng(0)
    least = model.facts.positive_from if model.ranks and table.has_ratings else None
    rows = np.arange(len(table)) if least is None else np.flatnonzero(table.ratings >= least)
    weights = np.ones(len(rows), np.float32) if model.ranks else table.ratings[rows]
    counts = table.user_count, table.item_count
    sets = ItemSets.of(table.users[rows], table.items[rows], counts, weights)
    owners, pairs = sets.pairs_of(generator.integers(0, table.user_count, users))
    return ItemSets.of(owners, sets.items[pairs], (users, table.item_count), sets.weights[pairs])


def seconds(work: Callable[[], object]) -> tuple[float, float]:
    """Processor and wall seconds."""
    began, wall = time.process_time(), time.perf_counter()
    work()
    return time.process_time() - began, time.perf_counter() - wall


def one_by_one(folder: AnyFolder, given: ItemSets) -> folding.FoldedUsers:
    """Fold users in as the command for one does."""
    assert isinstance(folder, LikesFolder)
    found = [
        folder.fit(given.items[low:high].astype(np.int64), given.weights[low:high])
        for low, high in zip(given.starts[:-1], given.starts[1:], strict=True)
    ]
    return folding.FoldedUsers(np.stack(found), np.zeros(len(found), np.float32))


def ndcg(model: Model) -> DoubleArray:
    """nDCG@10 of the split's newcomers, shape (users,)."""
    rated = model.rated
    table, known = rated.ratings, rated.in_training | rated.given
    held = np.flatnonzero(~known)
    liked = held[table.ratings[held] >= np.float32(model.facts.positive_from or 0)]
    counts = table.user_count, table.item_count
    sets = [
        ItemSets.of(table.users[part], table.items[part], counts) for part in (np.flatnonzero(known), liked)
    ]
    task = RankingTask.of(sets[0], sets[1], model.baseline.item_counts)
    found = task.measure(held_out_blocks(model, task.users), 10)
    return found.ndcg[np.argsort(found.users, kind="stable")]


def compared(run: Run) -> str:
    """Both ways of folding in on the split's newcomers, and seconds a user."""
    at_once, fold = ndcg(replace(run.model)), folding.fold_many
    import core.model.newcomers.judged as judged

    judged.fold_many = one_by_one
    try:
        began = time.process_time()
        alone = ndcg(replace(run.model))
        taken = time.process_time() - began
    finally:
        judged.fold_many = fold
    away = at_once - alone
    error = float(away.std(ddof=1) / np.sqrt(len(away)))
    return (
        f"nDCG@10 together {at_once.mean():.4f}, one by one {alone.mean():.4f} "
        f"({away.mean():+.4f} ± {error:.4f}, {len(away)} users), {taken / len(away):.2f} s a user"
    )


def lines(ratings: Ratings, wanted: list[str], users: int, epochs: int, exact: bool) -> Iterator[str]:
    """A row of the table for each architecture and objective."""
    for name, plugin in sorted(load_plugins().architectures.items()):
        for objective in plugin.architecture.objectives if not wanted or name in wanted else ():
            with tempfile.TemporaryDirectory() as folder:
                own = {} if "epochs" in plugin.architecture.unused_settings else {"epochs": epochs}
                run = train(
                    ratings,
                    name,
                    objective=objective,
                    split="newcomers",
                    adapt=False,
                    folder=Path(folder) / name,
                    **own,
                )
                asked, given = folder_of(run.model), histories(run.model, users)
                cpu, wall = seconds(lambda asked=asked, given=given: fold_many(asked, given))
                told = compared(run) if exact and isinstance(asked, LikesFolder) else ""
                yield f"| `{name}` | {objective} | {cpu:.1f} | {wall:.1f} | {told} |"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", required=True)
    parser.add_argument("--users", type=int, default=10_000)
    parser.add_argument("--arch", default="")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--exact", action="store_true")
    chosen = parser.parse_args()
    wanted = [name for name in chosen.arch.split(",") if name]
    print("| architecture | objective | processor, s | wall, s | against one by one |\n|---|---|---|---|---|")
    for line in lines(load_ratings(chosen.data), wanted, chosen.users, chosen.epochs, chosen.exact):
        print(line, flush=True)


if __name__ == "__main__":
    main()
