"""Merge the copies of a model that several devices train on their own users' ratings.

A user's row changes on one device only, so that gathering user rows is exact, and needed only when someone
looks. Everything else is merged from its change since the last merge: rows of items add up the changes of the
devices that met them, divided by a power of their number (`ITEM_POWER`); running means of theirs take the
mean change of those devices, the head and its optimizer that of all; counters and states of random numbers
follow device 0.

A merge is two sums over all devices: of the news, which say what rows of items each met, then of the changes
of those rows that any met. Where tables outgrow the cache an epoch meets the items band by band, the same
bands on all devices (`core.training.gradient._order`), so that between two merges only some are met.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from core.startup import is_cpu, keras, tf
from core.training.gradient import GradientTrainer
from core.training.ranking import RankingTrainer
from core.training.several._shared_rows import SharedRows

MERGES = 8
"""Merges an epoch: on ml-latest-small, 4 to 32 made a difference of 0.001 in tuning RMSE."""

ITEM_POWER = 0.25
"""0 adds all changes up, 1 takes their mean.

On ml-latest-small (two and eight devices, Adagrad and Adam) 0 to 0.5 differed by 0.002 in tuning RMSE at most
and 1 cost up to 0.004. On 2 million made ratings, with 0.25, two devices came within 0.001 of one, and eight
within 0.005; with 0 and with 0.5 eight lost up to 0.011.
"""

RANKING_ITEM_POWER = 0.0
"""The same for rankings, where every batch moves every item a little.

On ml-latest-small less a carved part, two devices trained as far as one with 0 (a loss of 7.298 both) and
less far with 0.25 (7.323); eight devices on the demo set agreed with one within 0.001 nDCG with either.
"""


@dataclass
class Copy:
    """One device's copy: its trainer, and the users that are its own (bool, shape (users,)).

    `first` says whether it is the first of all devices, `total` counts them.
    """

    trainer: GradientTrainer | RankingTrainer
    device: str
    own_users: npt.NDArray[np.bool_]
    first: bool
    total: int

    def __post_init__(self) -> None:
        """Sort the variables by how they are merged, and remember where the changes begin."""
        variables = {name: _plain(variable) for name, variable in self.trainer.variables().items()}
        floating = {name: variable for name, variable in variables.items() if variable.dtype.is_floating}
        sides = {name: _side(name) for name in floating}
        self._users, self._head = (
            [variable for name, variable in floating.items() if sides[name] == side] for side in ("user", "")
        )
        self._counters = [variable for name, variable in variables.items() if name not in floating]
        with tf.device(self.device):
            self._owns = [tf.constant(self._rows_of(variable)) for variable in self._users]
            self._items = self._shared({name: floating[name] for name in floating if sides[name] == "item"})
            self._bases = [tf.Variable(variable) for variable in self._head]
            self._mine, self._replace = (
                tf.function(work, autograph=False) for work in (self._mask, self._put)
            )

    def start(self) -> None:
        """Count changes from now on."""
        for shared in self._items:
            shared.start()
        for base, variable in zip(self._bases, self._head, strict=True):
            base.assign(variable)

    def news(self) -> list[Any]:
        """What this device adds to a merge's first sum: rows of items that it met, its head, counters."""
        with tf.device(self.device):
            heads = [variable - base for variable, base in zip(self._head, self._bases, strict=True)]
            counters = [_in_parts(counter) * float(self.first) for counter in self._counters]
            return [*(shared.met() for shared in self._items), *heads, *counters]

    def changes(self, news: Sequence[Any]) -> list[Any]:
        """What it adds to the second, given the first: the changes of the rows that any device met."""
        with tf.device(self.device):
            return [shared.changes(met) for shared, met in zip(self._items, news, strict=False)]

    def apply(self, news: Sequence[Any], changes: Sequence[Any]) -> None:
        """Take both sums."""
        items, heads = len(self._items), len(self._items) + len(self._head)
        with tf.device(self.device):
            for shared, met, change in zip(self._items, news, changes, strict=False):
                shared.take(met, change)
            for variable, base, change in zip(self._head, self._bases, news[items:heads], strict=True):
                base.assign_add(change / self.total)
                variable.assign(base)
            for counter, told in zip(self._counters, news[heads:], strict=True):
                counter.assign(_joined(told, counter.dtype))

    def user_rows(self) -> list[Any]:
        """The rows of this device's own users, and zeros in all others."""
        with tf.device(self.device):
            return list(self._mine())

    def take_user_rows(self, sums: Sequence[Any]) -> None:
        """Take every user's row from its own device."""
        with tf.device(self.device):
            self._replace(list(sums))

    def _shared(self, items: Mapping[str, Any]) -> list[SharedRows]:
        """Items' variables by their number of rows."""
        adding = RANKING_ITEM_POWER if isinstance(self.trainer, RankingTrainer) else ITEM_POWER
        by_rows: dict[int, list[str]] = {}
        for name, variable in items.items():
            by_rows.setdefault(variable.shape[0], []).append(name)
        powers = {name: 1.0 if name.startswith("means/") else adding for name in items}
        return [
            SharedRows([items[name] for name in names], [powers[name] for name in names], is_cpu(self.device))
            for names in by_rows.values()
        ]

    def _mask(self) -> list[Any]:
        pairs = zip(self._owns, self._users, strict=True)
        return [tf.where(own, variable, tf.zeros_like(variable)) for own, variable in pairs]

    def _rows_of(self, variable: Any) -> npt.NDArray[np.bool_]:
        """The own users' rows of a table, shape (rows, 1, …); with replicas, a user has several in a row."""
        owns = np.repeat(self.own_users, variable.shape[0] // len(self.own_users))
        return owns.reshape(-1, *(1 for _ in variable.shape[1:]))

    def _put(self, sums: Sequence[Any]) -> None:
        for variable, rows in zip(self._users, sums, strict=True):
            variable.assign(rows)


def _side(name: str) -> str:
    """The side whose rows a variable holds, as in table/user and slots/item/0; none for the head's."""
    kind, _, rest = name.partition("/")
    return rest.split("/")[0] if kind in {"table", "slots", "means"} else ""


def _in_parts(counter: Any) -> Any:
    """Whole numbers as four float32 of 16 bits each: told exactly, and in the same sum as the rest."""
    return tf.cast(tf.bitcast(tf.cast(counter, tf.int64), tf.uint16), tf.float32)


def _joined(parts: Any, kind: Any) -> Any:
    """Whole numbers of a `kind` again."""
    return tf.cast(tf.bitcast(tf.cast(parts, tf.uint16), tf.int64), kind)


def _plain(variable: Any) -> Any:
    return variable.value if isinstance(variable, keras.Variable) else variable
