from pathlib import Path

import pytest

from core.errors import RunError, UsageError
from core.model.component_names import COMPONENT_NAMES_FILE, read_component_names, write_component_name


def test_a_name_has_a_hundred_characters_at_most(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="100 characters"):
        write_component_name(tmp_path, 1, "x" * 101)


def test_a_damaged_file_of_names_is_told(tmp_path: Path) -> None:
    (tmp_path / COMPONENT_NAMES_FILE).write_text('{"one": "loud"}')
    with pytest.raises(RunError, match="damaged"):
        read_component_names(tmp_path)
