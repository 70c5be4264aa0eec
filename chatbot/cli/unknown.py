"""Labels of files that name nothing: a typing mistake would only show as a bad figure."""

from __future__ import annotations

from collections.abc import Set

import click

_TOLD = 5


def tell_unknown(where: str, what: str, named: Set[str], known: Set[str]) -> None:
    """Say on standard error which of ``named`` are not ``known``: ``what`` is not in ``where``."""
    unknown = sorted(named - known)
    if unknown:
        listed = "、".join(unknown[:_TOLD]) + ("……" if len(unknown) > _TOLD else "")
        click.echo(f"注意：{where} 里没有这 {len(unknown)} 个{what}：{listed}", err=True)
