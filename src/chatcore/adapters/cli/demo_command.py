"""`chatcore demo`."""

import json
import sys
from pathlib import Path

import click

from chatcore.adapters.cli.options import BASE_URL, MODEL, check_base_url
from chatcore.adapters.cli.running import run


@click.command()
@click.option("--seed", default=1, show_default=True, help="Which project is drawn.")
@click.option(
    "--dir",
    "folder",
    type=click.Path(file_okay=False, resolve_path=True, path_type=Path),
    help="Where to work; by default a new temporary folder.",
)
@click.option("--plant-wrong-edit", is_flag=True, help="Have the model break the function: the demo must then fail.")
@MODEL
@BASE_URL
@click.option("--json", "as_json", is_flag=True, help="Print the proof as one JSON object and nothing else.")
def demo(
    seed: int, folder: Path | None, plant_wrong_edit: bool, model: str | None, base_url: str | None, as_json: bool
) -> None:
    """Let a model repair a real program with real tools, every fact in the log, and prove it.

    The model is scripted, unless --model names a real one, and gets only what its tools return. Ends with code 0 only
    if the project's own tests pass, the log is proved whole, and another process that opens the file shows the same
    transcript; with code 2 if something is missing, such as the model's key.
    """
    from chatcore.adapters.cli.demo.play import Played, play

    check_base_url(model, base_url)
    if model is not None and plant_wrong_edit:
        raise click.UsageError("--plant-wrong-edit is for the scripted model: leave it out, or --model")

    if folder is not None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise click.BadParameter(f"{folder} cannot be made: {error.strerror}", param_hint="--dir") from error
    played = Played(seed=seed, folder=folder, botch=plant_wrong_edit, model=model, base_url=base_url, quiet=as_json)
    proof = run(lambda: play(played))
    if as_json:
        click.echo(json.dumps(proof.to_json(), ensure_ascii=False))
    sys.exit(0 if proof.ok else 1)
