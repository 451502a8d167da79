from .change import (
    Change as Change,
    KnownPairs as KnownPairs,
)
from .renewed import (
    Renewing as Renewing,
    extended as extended,
)
from .traits import (
    TraitRidge as TraitRidge,
)
from .turned import (
    turned as turned,
)
