from ._frame import (
    arrow_table as arrow_table,
    data_frame as data_frame,
)
from ._html import (
    as_html as as_html,
    html_table as html_table,
)
from ._methods import (
    METHODS_FILE as METHODS_FILE,
    methods_module as methods_module,
)
from ._text import (
    aligned as aligned,
    as_text as as_text,
)
from .asker import (
    Asker as Asker,
)
