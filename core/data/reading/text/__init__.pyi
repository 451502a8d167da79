from ._arrow import (
    ParseError as ParseError,
    read_columns as read_columns,
)
from ._baskets import (
    roles_in_baskets as roles_in_baskets,
)
from ._dialect import (
    Dialect as Dialect,
    header_of_file as header_of_file,
    sniff as sniff,
)
from ._encoding import (
    single_byte as single_byte,
)
from ._header import (
    header_of as header_of,
)
from ._locating import (
    rows as rows,
    single_lines as single_lines,
)
from ._movielens import (
    MovieLens100K as MovieLens100K,
    MovieLensDat as MovieLensDat,
    MovieLensFolder as MovieLensFolder,
)
from ._numbers import (
    LEFT_OUT as LEFT_OUT,
    Note as Note,
    NumberError as NumberError,
    parse_numbers as parse_numbers,
)
from ._others import (
    MatrixMarket as MatrixMarket,
    Netflix as Netflix,
)
from ._quotes import (
    settled_quotes as settled_quotes,
)
from ._reader import (
    TextTable as TextTable,
    head_of_text as head_of_text,
    read_text as read_text,
    unread_note as unread_note,
)
from ._wide import (
    melted as melted,
)
