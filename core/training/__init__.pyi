from ._prepare import (
    split_of as split_of,
)
from ._tune import (
    tune as tune,
)
from .controls import (
    Controls as Controls,
    ignore as ignore,
)
from .session import (
    Session as Session,
)
from .start import (
    make_trainer as make_trainer,
)
