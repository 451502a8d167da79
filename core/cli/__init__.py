"""The `tastemap` command: everything the screen does, headless, and the screen itself."""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Run the command line and exit: 0 done, 1 failed, 2 wrong usage, 130 interrupted."""
    from core.cli._app import app
    from core.errors import TastemapError
    from core.startup import claim_process

    claim_process()
    try:
        app()
    except TastemapError as error:
        print(f"tastemap: {' '.join(str(error).split())}", file=sys.stderr)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or the exit would complain again
        sys.exit(141)
