from ._shown import (
    curves_of as curves_of,
)
from .attending import (
    attended as attended,
    journal_from as journal_from,
    leave_command as leave_command,
)
from .config import (
    RunConfig as RunConfig,
    installed_versions as installed_versions,
    read_config as read_config,
    recorded_split as recorded_split,
    saved_choices as saved_choices,
)
from .evaluation import (
    Evaluation as Evaluation,
)
from .kept_ratings import (
    keep_ratings as keep_ratings,
)
from .labels import (
    RunLabels as RunLabels,
    parse_tags as parse_tags,
    read_labels as read_labels,
    write_labels as write_labels,
)
from .recorded import (
    read_rated as read_rated,
    recorded_ratings as recorded_ratings,
)
from .run import (
    Run as Run,
    load_head as load_head,
)
from .store import (
    find_run as find_run,
    list_runs as list_runs,
    new_run_id as new_run_id,
)
from .updating import (
    Outcome as Outcome,
    Updated as Updated,
    UpdateRequest as UpdateRequest,
    found_full as found_full,
    merged_news as merged_news,
    parent_record as parent_record,
    settings_of as settings_of,
    update as update,
)
from .vocabularies import (
    write_vocabularies as write_vocabularies,
)
from .writer import (
    Progress as Progress,
    RunWriter as RunWriter,
    locked as locked,
    read_history as read_history,
    read_summary as read_summary,
    trained_by as trained_by,
)
