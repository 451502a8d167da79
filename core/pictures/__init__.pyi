from ._svg import (
    map_svg as map_svg,
)
from .curves import (
    Curves as Curves,
    curves_svg as curves_svg,
)
from .files import (
    write_picture as write_picture,
)
from .intervals import (
    Bar as Bar,
    Panel as Panel,
    intervals_svg as intervals_svg,
)
from .labels import (
    Scatter as Scatter,
)
from .text import (
    map_text as map_text,
)
