from ._installed import (
    installed_plugins as installed_plugins,
)
from .architecture import (
    GRADIENT_SETTINGS as GRADIENT_SETTINGS,
    Architecture as Architecture,
    EmbeddingSide as EmbeddingSide,
    EmbeddingSpec as EmbeddingSpec,
    Recipe as Recipe,
    Replicated as Replicated,
    Rows as Rows,
    Terms as Terms,
    replica_count as replica_count,
    replicate as replicate,
)
from .data import (
    SEPARATORS as SEPARATORS,
    DataSource as DataSource,
    Edition as Edition,
    ItemTable as ItemTable,
    Location as Location,
    NamedDataset as NamedDataset,
    RawItems as RawItems,
    RawTable as RawTable,
    Reader as Reader,
    ReadingOptions as ReadingOptions,
    Repair as Repair,
    row_number as row_number,
)
from .hookspecs import (
    hookimpl as hookimpl,
)
from .plugins import (
    RegisteredArchitecture as RegisteredArchitecture,
    Registry as Registry,
    check_architecture as check_architecture,
    load_plugins as load_plugins,
)
from .settings import (
    OBJECTIVES as OBJECTIVES,
    Resolved as Resolved,
    Schedule as Schedule,
    TrainingSettings as TrainingSettings,
    refuse_several_machines as refuse_several_machines,
    refuse_unused as refuse_unused,
    resolve as resolve,
    settle as settle,
    used_settings as used_settings,
)
from .tracker import (
    NAMES as NAMES,
    Receiver as Receiver,
    Tracker as Tracker,
    epoch_figures as epoch_figures,
)
from .trainer import (
    Arrays as Arrays,
    Compiles as Compiles,
    Converges as Converges,
    ReplicaScores as ReplicaScores,
    ScoresAllItems as ScoresAllItems,
    SliceTotals as SliceTotals,
    Trainer as Trainer,
    TrainingData as TrainingData,
    TrainingNews as TrainingNews,
)
