"""Options that several commands share."""

import click

STORE = click.option("--store", "url", default="sqlite:///chats.db", show_default=True, help="URL of the store.")
MODEL = click.option(
    "--model",
    metavar="PROVIDER/NAME",
    help="A real model, such as anthropic/claude-sonnet-4-5; its key comes from the environment.",
)
BASE_URL = click.option("--base-url", metavar="URL", help="Ask this server instead of the provider's own.")
AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def check_base_url(model: str | None, base_url: str | None) -> None:
    """An address says where a model is asked. Raises: UsageError, it was given without one."""
    if base_url is not None and model is None:
        raise click.UsageError("--base-url says where a model is asked: name one with --model")
