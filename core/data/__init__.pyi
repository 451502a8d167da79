from ._convert import (
    convert as convert,
)
from ._demo import (
    demo_ratings as demo_ratings,
)
from ._describe import (
    describe as describe,
)
from ._moments import (
    date_of as date_of,
    day_of as day_of,
    read_moment as read_moment,
)
from ._notes import (
    leak_notice as leak_notice,
    leak_of as leak_of,
    split_notes as split_notes,
)
from ._preview import (
    preview as preview,
)
from .loading import (
    SMALLEST as SMALLEST,
    Look as Look,
    files_behind as files_behind,
    forget as forget,
    load_part as load_part,
    load_ratings as load_ratings,
    look as look,
    may_be_read_again as may_be_read_again,
    shown_source as shown_source,
)
from .pairs import (
    Pairs as Pairs,
    read_pairs as read_pairs,
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
