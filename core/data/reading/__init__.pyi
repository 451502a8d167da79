from .columns import (
    COUNT_NAMES as COUNT_NAMES,
    MISSING as MISSING,
    NONE as NONE,
    RATING_NAMES as RATING_NAMES,
    plain as plain,
)
from .items import (
    align as align,
    tagged as tagged,
)
from .location import (
    check_location as check_location,
    enter as enter,
    listing as listing,
    reading_errors as reading_errors,
)
from .readers import (
    builtin_readers as builtin_readers,
)
