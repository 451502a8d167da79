from .change import (
    Change as Change,
    KnownPairs as KnownPairs,
)
from .items import (
    NewItem as NewItem,
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
