"""The root of the command line and how errors end it."""

import click

from chatcore.adapters.cli.chat_command import chat
from chatcore.adapters.cli.demo_command import demo
from chatcore.adapters.cli.log_commands import log
from chatcore.adapters.cli.models_command import models
from chatcore.adapters.cli.simulate_command import simulate
from chatcore.adapters.cli.state_command import state
from chatcore.domain.errors import ChatcoreError


class _Group(click.Group):
    """Tells chatcore's own errors as text, without a traceback, and ends with code 2."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            result: object = super().invoke(ctx)
        except ChatcoreError as error:
            raise ToldError(str(error)) from error
        return result


class ToldError(click.ClickException):
    """An error of chatcore, told on the error stream."""

    exit_code = 2


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="chatcore")
def main() -> None:
    """Run AI-agent chats as event logs: try it (demo), talk (chat), look into a store (log, state), simulate it."""


main.add_command(chat)
main.add_command(demo)
main.add_command(log)
main.add_command(models)
main.add_command(simulate)
main.add_command(state)
