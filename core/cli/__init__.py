"""The `tastemap` command: everything the screen does, headless, and the screen itself."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line and exit: 0 done, 1 failed, 2 wrong usage, 130 interrupted, 143 terminated."""
    from core.cli._process import run_to_exit_code
    from core.startup import claim_process

    claim_process()
    sys.exit(run_to_exit_code(_command))


def _command() -> int | None:
    from core.cli._app import app_for

    code: int | None = app_for(sys.argv[1:])(standalone_mode=False)
    return code
