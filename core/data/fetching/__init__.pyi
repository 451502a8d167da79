from .downloading import (
    Progress as Progress,
    silent as silent,
)
from .fetching import (
    Fetched as Fetched,
    fetch as fetch,
)
from .named import (
    all_datasets as all_datasets,
    fetched_file as fetched_file,
    fetched_path as fetched_path,
    find_named as find_named,
    list_datasets as list_datasets,
)
