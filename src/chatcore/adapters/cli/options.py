"""Options that several commands share."""

import click

STORE = click.option("--store", "url", default="sqlite:///chats.db", show_default=True, help="URL of the store.")
AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
