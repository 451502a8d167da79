"""The conformance kit for plugin authors: one call tests a new architecture.

```python
from core.testing import assert_conforms
from my_plugin import MyArchitecture

def test_my_architecture():
    assert_conforms(MyArchitecture())
```
"""

from core.testing.conformance import assert_conforms

__all__ = ["assert_conforms"]
