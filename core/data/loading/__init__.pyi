from ._behind import (
    SMALLEST as SMALLEST,
    files_behind as files_behind,
)
from ._cache import (
    forget as forget,
)
from .load import (
    load_part as load_part,
    load_ratings as load_ratings,
    may_be_read_again as may_be_read_again,
    shown_source as shown_source,
)
from .look import (
    Look as Look,
    look as look,
)
