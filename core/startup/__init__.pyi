from ._backend import (
    keras as keras,
    tf as tf,
)
from .device import (
    choose_device as choose_device,
    describe_device as describe_device,
    with_batch_size as with_batch_size,
)
from .own_process import (
    claim_process as claim_process,
    spare_pandas as spare_pandas,
)
from .processors import (
    usable_processors as usable_processors,
)
from .usage import (
    usage as usage,
)
