"""The table of epochs: drawn line by line from the list of events, so that its length costs nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from core.protocol import EpochFinished
from tui.formats import rate, rmse, seconds, short_count


@dataclass(frozen=True)
class _Column:
    """A column: its heading, its width, what it shows, and the table width from which it is shown."""

    heading: str
    width: int
    cell: Callable[[EpochFinished], str]
    from_width: int = 0


_COLUMNS = (
    _Column("epoch", 9, lambda epoch: f"{epoch.epoch}/{epoch.epochs}"),
    _Column("train", 9, lambda epoch: rmse(epoch.train_rmse)),
    _Column("val", 9, lambda epoch: rmse(epoch.val_rmse)),
    _Column("tuning", 9, lambda epoch: rmse(epoch.tuning_rmse), 78),
    _Column("MAE", 9, lambda epoch: rmse(epoch.val_mae), 60),
    _Column("rate", 10, lambda epoch: rate(epoch.learning_rate)),
    _Column("time", 9, lambda epoch: seconds(epoch.seconds), 46),
    _Column("ratings/s", 11, lambda epoch: short_count(epoch.ratings_per_second), 70),
)


_RANKING_COLUMNS = (
    _COLUMNS[0],
    _Column("loss", 9, lambda epoch: rmse(epoch.train_loss)),
    _Column("nDCG@10", 9, lambda epoch: rmse(epoch.val_ndcg)),
    _Column("tuning", 9, lambda epoch: rmse(epoch.tuning_ndcg), 78),
    _Column("recall", 9, lambda epoch: rmse(epoch.val_recall), 60),
    *_COLUMNS[5:7],
    _Column("likes/s", 11, lambda epoch: short_count(epoch.ratings_per_second), 70),
)


class EpochTable(ScrollView, can_focus=True):
    """All finished epochs, the kept one marked with a star; follows the newest until scrolled away."""

    COMPONENT_CLASSES = {"epoch-table--heading", "epoch-table--best", "epoch-table--row"}  # noqa: RUF012
    DEFAULT_CSS = """
    EpochTable { height: 1fr; overflow-x: hidden; scrollbar-size-vertical: 1; }
    EpochTable > .epoch-table--heading { color: $text-muted; text-style: bold; }
    EpochTable > .epoch-table--best { color: $warning; text-style: bold; }
    EpochTable > .epoch-table--row { color: $foreground; }
    """

    _epochs: Sequence[EpochFinished] = ()
    _best: int | None = None
    _follows = True

    def show(self, epochs: Sequence[EpochFinished], best: int | None) -> None:
        """Draw these epochs, the best by its number, and keep the end in view if it was."""
        self._follows = self._follows or len(epochs) < len(self._epochs)  # another training
        self._epochs, self._best = epochs, best
        self.virtual_size = Size(1, len(epochs) + 1)
        self._follow()
        self.refresh()

    def _follow(self) -> None:
        if self._follows:
            self.call_after_refresh(self.scroll_end, animate=False)  # once it has a size to scroll in

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Follow the newest while its end is in view: only who scrolls moves that."""
        super().watch_scroll_y(old_value, new_value)
        self._follows = new_value >= self.max_scroll_y - 1

    def on_resize(self) -> None:
        """Keep the newest in view where there is less room."""
        self._follow()

    def render_line(self, y: int) -> Strip:
        """Draw the heading in the first line and an epoch in each other."""
        width = self.size.width
        columns = _RANKING_COLUMNS if any(epoch.ranks for epoch in self._epochs[:1]) else _COLUMNS
        shown = [column for column in columns if width >= column.from_width and self._used(column)]
        if y == 0:
            style = self.get_component_rich_style("epoch-table--heading")
            return self._strip("".join(f"{column.heading:>{column.width}}" for column in shown), style)
        index = self.scroll_offset.y + y - 1
        if index >= len(self._epochs):
            return Strip.blank(width, self.rich_style)
        epoch = self._epochs[index]
        best = epoch.epoch == self._best
        style = self.get_component_rich_style(f"epoch-table--{'best' if best else 'row'}")
        cells = "".join(f"{column.cell(epoch):>{column.width}}" for column in shown)
        return self._strip(f"{cells}{' *' if best else ''}", style)

    def _used(self, column: _Column) -> bool:
        if column.heading == "rate":
            return all(epoch.learning_rate is not None for epoch in self._epochs[:1])
        if column.heading != "tuning":
            return True
        return any(column.cell(epoch) != rmse(None) for epoch in self._epochs[:1])

    def _strip(self, text: str, style: Style) -> Strip:
        return Strip([Segment(text, style)]).adjust_cell_length(self.size.width, self.rich_style)
