"""How much memory the engine takes, where the system tells."""

from __future__ import annotations

import os
from pathlib import Path


def resident_bytes(process: int | None) -> int | None:
    """The resident memory of a process; None where the system has no /proc or the process is gone."""
    if process is None:
        return None
    try:
        pages = int(Path(f"/proc/{process}/statm").read_text(encoding="ascii").split()[1])
    except (OSError, ValueError, IndexError):
        return None
    return pages * os.sysconf("SC_PAGE_SIZE")
