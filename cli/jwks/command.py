"""`edge-router jwks`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.stacks.options import JsonOption, stack_option

jwks_app = typer.Typer(
    help="Refresh the keys that verify an issuer's tokens.", no_args_is_help=True, rich_markup_mode=None
)


@jwks_app.command()
def fetch(
    context: typer.Context,
    stack: Annotated[str | None, stack_option("The stack whose jwtIat.jwks is written.")] = None,
    issuer: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="Issuer whose OpenID configuration names the keys.",
            show_default="the stack's jwtIat.issuer",
        ),
    ] = None,
    url: Annotated[str | None, typer.Option(metavar="URL", help="The JWK Set itself, without an issuer.")] = None,
    algorithm: Annotated[
        str | None,
        typer.Option(
            help="Keep the keys for this algorithm.", show_default="the stack's jwtIat.algorithm, or its default"
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE.json", help="Write the JWK Set into this file instead.")
    ] = None,
    is_check: Annotated[bool, typer.Option("--check", help="Write nothing; exit code 1 if the keys differ.")] = False,
    is_json: JsonOption = False,
) -> None:
    """Fetch an issuer's JWK Set and write its keys into a stack's file, comments untouched.

    The router never fetches keys: deploy afterwards. Only https is fetched, without redirects, and public members only
    are kept. Exit code 0: written, or the same keys. 1: it failed, or --check found other keys. 2: it cannot run.
    """
    from cli.jwks.change import Source, fetch_into

    fetch_into(
        context.obj, stack, Source(issuer or "", url or "", algorithm or ""), out, is_check=is_check, is_json=is_json
    )
