from ._limits import (
    bounded_blocks as bounded_blocks,
    check_parquet as check_parquet,
)
from .columns import (
    BASKETS as BASKETS,
    COUNT_NAMES as COUNT_NAMES,
    EVENT_NAMES as EVENT_NAMES,
    GENRE_NAMES as GENRE_NAMES,
    ITEM_NAMES as ITEM_NAMES,
    ITEM_WORDS as ITEM_WORDS,
    MISSING as MISSING,
    NONE as NONE,
    RATING_NAMES as RATING_NAMES,
    TIME_NAMES as TIME_NAMES,
    TITLE_NAMES as TITLE_NAMES,
    USER_NAMES as USER_NAMES,
    find_column as find_column,
    guess as guess,
    is_counted as is_counted,
    is_number as is_number,
    is_title as is_title,
    is_usual as is_usual,
    listed as listed,
    plain as plain,
)
from .identifiers import (
    as_written as as_written,
)
from .items import (
    align as align,
    items_location as items_location,
    with_items as with_items,
    year_of_title as year_of_title,
)
from .location import (
    LINE_LIMIT as LINE_LIMIT,
    check_location as check_location,
    compression_of as compression_of,
    enter as enter,
    first_bytes as first_bytes,
    is_workbook_archive as is_workbook_archive,
    listing as listing,
    open_table as open_table,
    reading_errors as reading_errors,
    too_long as too_long,
)
from .places import (
    find_table as find_table,
)
from .readers import (
    builtin_readers as builtin_readers,
)
from .roles import (
    Head as Head,
    Roles as Roles,
    chosen as chosen,
    find_roles as find_roles,
    has_parts as has_parts,
    is_wide as is_wide,
    is_written_list as is_written_list,
    look_of as look_of,
    named_user as named_user,
    refuse_libfm as refuse_libfm,
    unread as unread,
    wide_user as wide_user,
)
from .tags import (
    tagged as tagged,
    with_tags as with_tags,
)
