"""``chatbot simulate``: the WeCom simulator alone, for one's own bot or tests."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.option("--port", type=click.IntRange(0, 65535), help="Port to listen on.  [default: 8090]")
@click.option("--host", help="Address to listen on.  [default: 127.0.0.1]")
@click.option(
    "--config",
    "config_path",
    type=click.Path(dir_okay=False, path_type=Path),
    help="TOML file with corp, app, members, accounts and customers; the demo's if absent.",
)
@click.option("--callback-url", help="Where callbacks go, instead of the file's address.")
def simulate(
    port: int | None, host: str | None, config_path: Path | None, callback_url: str | None
) -> None:
    """Run a WeCom on this machine until Ctrl-C.

    Point a bot's API address at it and let it listen at the callback address.
    """
    import asyncio

    from chatbot.errors import UserError
    from chatbot.simulator.config import load_config
    from chatbot.simulator.runner import run

    try:
        config = load_config(config_path)
        config = config.override(host=host, port=port, callback_url=callback_url)
        asyncio.run(run(config, click.echo))
    except UserError as error:
        raise click.ClickException(str(error)) from None
