from ._doctor import (
    Finding as Finding,
    examine as examine,
)
from ._spec import (
    specification as specification,
)
