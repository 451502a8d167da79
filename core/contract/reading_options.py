"""How a ratings table is to be read: every choice a person can make, with defaults that guess."""

from __future__ import annotations

from core.options import OptionSet, option

SEPARATORS = {"comma": ",", "tab": "\t", "semicolon": ";", "pipe": "|", "colons": "::", "whitespace": " "}


class ReadingOptions(OptionSet):
    """The reading choices; an empty text means "guess". What was guessed is filled in in `Ratings.reading`.

    A column is given by its name or, counted from 1, by its position ("1").
    """

    source: str = option(default="", help="Where the table was read from (filled in by reading).")
    reader: str = option(default="", help="Name of the reader (guessed from the file).")
    user_column: str = option(default="", help="Column of the user ids.")
    item_column: str = option(default="", help="Column of the item ids.")
    rating_column: str = option(default="", help="Column of the ratings.")
    time_column: str = option(default="", help="Column of the times; 'none' if there is none.")
    separator: str = option(
        default="", help="comma, tab, semicolon, pipe, colons, whitespace or the character itself."
    )
    header: str = option(
        default="", help="Whether the first line names the columns: yes or no.", choices=("", "yes", "no")
    )
    encoding: str = option(default="", help="Text encoding, as in utf-8 or latin-1.")
    decimal: str = option(default="", help="Decimal sign of the ratings.", choices=("", ".", ","))
    items: str = option(default="", help="Path of a table of items with titles; 'none' for none.")
    items_encoding: str = option(default="", help="Text encoding of the items table.")
    items_id_column: str = option(default="", help="Column of the item ids in the items table.")
    title_column: str = option(default="", help="Column of the titles in the items table.")
    genres_column: str = option(default="", help="Column of the genres in the items table.")
    year_column: str = option(default="", help="Column of the years in the items table.")
    test_file: str = option(default="", help="Path of the official test part, read after the source.")
    duplicates: str = option(
        default="last",
        help="What to do with several ratings of one pair: keep the last (by time), their mean, or stop.",
        choices=("last", "mean", "error"),
    )
    implicit: str = option(
        default="refuse",
        help="What to do with counts instead of ratings: refuse, keep, binarize or take the logarithm.",
        choices=("refuse", "keep", "binarize", "log"),
    )
    threshold: float = option(
        default=0.0, help="Counts above this become 1 when binarized (0: above the median).", minimum=0
    )

    @property
    def separator_text(self) -> str:
        """The separator itself, empty where it is to be sniffed."""
        return SEPARATORS.get(self.separator, self.separator)
