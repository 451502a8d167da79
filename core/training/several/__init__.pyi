from .cluster import (
    read_cluster as read_cluster,
)
from .copies import (
    Copies as Copies,
)
from .making import (
    claim_devices as claim_devices,
    make_distributed_trainer as make_distributed_trainer,
)
