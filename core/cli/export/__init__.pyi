from ._keras import (
    export_keras as export_keras,
    whole_model as whole_model,
)
from ._saved_model import (
    export_saved_model as export_saved_model,
)
from ._tables import (
    export_projector as export_projector,
    export_tables as export_tables,
)
