from ._databases import (
    DuckDbFile as DuckDbFile,
    SqliteFile as SqliteFile,
    address_name as address_name,
    is_address as is_address,
    open_address as open_address,
    without_password as without_password,
)
from ._files import (
    ArrowFile as ArrowFile,
    ParquetTable as ParquetTable,
)
from ._frames import (
    is_frame as is_frame,
    read_frame as read_frame,
)
from ._gathering import (
    common_type as common_type,
)
from ._json import (
    JsonTable as JsonTable,
)
from ._lists import (
    spread as spread,
)
from ._opening import (
    open_typed as open_typed,
)
from ._raw import (
    raw_table as raw_table,
)
from ._source import (
    TypedSource as TypedSource,
)
from ._workbook import (
    Workbook as Workbook,
)
