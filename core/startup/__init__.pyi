from ._backend import (
    keras as keras,
    tf as tf,
)
from .device import (
    choose_device as choose_device,
    describe_device as describe_device,
    is_cpu as is_cpu,
    with_batch_size as with_batch_size,
)
from .own_process import (
    claim_process as claim_process,
    spare_pandas as spare_pandas,
)
from .processors import (
    keep_to_one_thread as keep_to_one_thread,
    usable_processors as usable_processors,
)
from .usage import (
    usage as usage,
)
