from ._cache import (
    SMALLEST as SMALLEST,
)
from ._convert import (
    convert as convert,
)
from ._describe import (
    describe as describe,
)
from ._look import (
    Look as Look,
    look as look,
)
from ._preview import (
    preview as preview,
)
from .load import (
    load_ratings as load_ratings,
    shown_source as shown_source,
)
from .ratings import (
    Ratings as Ratings,
    RatingScale as RatingScale,
    Vocabulary as Vocabulary,
)
from .split import (
    Split as Split,
    carve_tuning as carve_tuning,
    split_ratings as split_ratings,
    unseen as unseen,
)
