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
    NumberError as NumberError,
    parse_numbers as parse_numbers,
)
from ._others import (
    MatrixMarket as MatrixMarket,
    Netflix as Netflix,
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
