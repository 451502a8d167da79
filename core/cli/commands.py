"""The group of all commands, which looks at the views only when it has to."""

from __future__ import annotations

from typing import Any

from typer.core import TyperGroup


class CommandsAndViews(TyperGroup):
    """The application's own commands and, made when they are asked for, those of the views."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Name all commands, the views' after the others."""
        from core.cli.views import view_commands

        return [*super().list_commands(ctx), *view_commands()]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Find a command; views load NumPy, so they are only looked at if no other has the name."""
        own = super().get_command(ctx, cmd_name)
        if own is not None:
            return own
        from core.cli.views import view_commands

        return view_commands().get(cmd_name)
