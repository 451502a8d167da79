from .api import (
    evaluate as evaluate,
    judge as judge,
    load_run as load_run,
    resume as resume,
    train as train,
    update_fully as update_fully,
)
from .array_types import (
    FloatArray as FloatArray,
    RowArray as RowArray,
)
from .contract import (
    GRADIENT_SETTINGS as GRADIENT_SETTINGS,
    Architecture as Architecture,
    Arrays as Arrays,
    EmbeddingSide as EmbeddingSide,
    Recipe as Recipe,
    Rows as Rows,
    SliceTotals as SliceTotals,
    Terms as Terms,
    Trainer as Trainer,
    TrainingData as TrainingData,
    TrainingNews as TrainingNews,
    hookimpl as hookimpl,
    load_plugins as load_plugins,
)
from .data import (
    Ratings as Ratings,
    describe as describe,
    load_ratings as load_ratings,
    split_ratings as split_ratings,
)
from .errors import (
    TastemapError as TastemapError,
)
from .estimator import (
    RatingSplitter as RatingSplitter,
    Recommender as Recommender,
)
from .options import (
    ArchitectureOptions as ArchitectureOptions,
    option as option,
)
from .protocol import (
    Event as Event,
)
from .runs import (
    Evaluation as Evaluation,
    Run as Run,
    Updated as Updated,
    UpdateRequest as UpdateRequest,
)
from .startup import (
    usable_processors as usable_processors,
)
from .training import (
    Controls as Controls,
)
