from .files import (
    write_picture as write_picture,
)
from .labels import (
    Scatter as Scatter,
)
from .text import (
    map_text as map_text,
)
