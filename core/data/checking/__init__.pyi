from ._building import (
    build as build,
)
from ._clean import (
    chunked as chunked,
    find_scale as find_scale,
    levels_of as levels_of,
)
from ._identifiers import (
    BadIdentifierError as BadIdentifierError,
    encode as encode,
)
