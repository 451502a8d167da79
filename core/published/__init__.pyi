from .protocols import (
    PROTOCOLS as PROTOCOLS,
    Protocol as Protocol,
    find_protocol as find_protocol,
)
from .remaking import (
    HEADING as HEADING,
    Row as Row,
    remake as remake,
)
