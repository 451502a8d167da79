from ._merging import (
    Merged as Merged,
)
from ._writing import (
    parent_record as parent_record,
    settings_of as settings_of,
)
from .account import (
    Updated as Updated,
)
from .update import (
    Outcome as Outcome,
    UpdateRequest as UpdateRequest,
    found_full as found_full,
    merged_news as merged_news,
    update as update,
    updated_of as updated_of,
)
