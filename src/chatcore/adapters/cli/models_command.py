"""`chatcore models`: which models can be used, whether one answers, and whether recorded traffic is understood."""

import json
import sys
from pathlib import Path

import click

from chatcore.adapters.cli.options import AS_JSON
from chatcore.adapters.cli.running import run


@click.group()
def models() -> None:
    """See which models can be used, ask one, and replay recorded traffic."""


@models.command("list")
@AS_JSON
def list_models(as_json: bool) -> None:
    """Print the providers, whether the environment has a key for them, and the models that chatcore knows of.

    Any other model of these providers can be used as well: `provider/model`.
    """
    from chatcore.adapters.cli.models_views import known_models, known_providers, model_line, provider_line

    providers, known = known_providers(), known_models()
    if as_json:
        click.echo(json.dumps({"providers": providers, "models": known}, ensure_ascii=False))
        return
    for provider in providers:
        click.echo(provider_line(provider))
    click.echo()
    for model in known:
        click.echo(model_line(model))


@models.command()
@click.argument("name")
@click.option("--base-url", help="Ask this server instead of the provider's own.")
@AS_JSON
def check(name: str, base_url: str | None, as_json: bool) -> None:
    """Make one tiny real call to the model NAME (provider/model). Ends with code 1 if it is not answered."""
    from chatcore.adapters.cli.models_views import check_model

    checked = run(lambda: check_model(name, base_url))
    if as_json:
        click.echo(json.dumps(checked.to_json(), ensure_ascii=False))
    else:
        click.echo(checked.line(), err=not checked.ok)
    sys.exit(0 if checked.ok else 1)


@models.command()
@click.argument("folder", type=click.Path(path_type=Path))
@AS_JSON
def replay(folder: Path, as_json: bool) -> None:
    """Play every recording of FOLDER through the adapters, from a server on loopback, and compare.

    With --json one object a line for each exchange. Ends with code 1 if an answer was not understood; a request that
    is sent otherwise than recorded is told and is no failure.
    """
    from chatcore.adapters.cli.models_replay import replay_folder
    from chatcore.domain.json_text import JsonValue

    def show(replayed: dict[str, JsonValue]) -> None:
        click.echo(json.dumps(replayed, ensure_ascii=False) if as_json else _line(replayed))

    summary = run(lambda: replay_folder(folder, show))
    if not as_json:
        click.echo(summary.line())
    sys.exit(0 if summary.failed == 0 else 1)


def _line(replayed: object) -> str:
    assert isinstance(replayed, dict), "a replayed exchange is told as an object"
    verdict = "ok  " if replayed["ok"] else "FAIL"
    request = {True: "same request", False: "other request", None: "no request"}[replayed["request_matches"]]
    differed = "".join(f"\n     {each}" for each in replayed["differed"])
    return f"{verdict} {replayed['name']}: {request}{differed}"
