from ._compiled import (
    head_shape as head_shape,
)
from ._dropout import (
    as_step as as_step,
    counting as counting,
    first_step as first_step,
)
from ._tables import (
    start_rows as start_rows,
)
from ._training_copy import (
    training_copy as training_copy,
)
from ._variables import (
    check_fits as check_fits,
    copied as copied,
    numbered as numbered,
)
from ._waiting import (
    WAITING as WAITING,
    identity as identity,
    restart_head as restart_head,
)
from .trainer import (
    GradientTrainer as GradientTrainer,
    Variant as Variant,
)
