"""A group of commands that names the nearest command when there is none of a name."""

import click

from medunion.locale import translate as t


class SuggestingGroup(click.Group):
    """click suggests options that are near to what was typed; this does the same for commands."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that `args` begin with; click.UsageError with a suggestion when there is none."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as failure:
            from difflib import get_close_matches

            near = get_close_matches(args[0], self.list_commands(ctx), n=1)
            if near:
                failure.message += " " + t("click.possible_option", possibility=repr(near[0]))
            raise
