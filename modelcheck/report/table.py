"""The table that `list` shows on a terminal; rich is imported only there."""

from __future__ import annotations

from collections.abc import Iterable

from modelcheck.frontend.spec import SpecInfo
from modelcheck.gate import describe_expectation


def print_table(infos: Iterable[SpecInfo]) -> None:
    """Print specs, their sizes and what their variants are expected to do, as wide as fits."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("spec", "settings", "variant", "expected"):
        table.add_column(heading, overflow="fold")
    for info in infos:
        settings = [f"{p.name}={p.default}" for p in info.parameters]
        settings += [f"{f.name}={f.default}" for f in info.flags]
        for number, variant in enumerate((info.default, *info.variants)):
            first = number == 0
            table.add_row(
                Text(info.name if first else "", style="bold"),
                Text(" ".join(settings) if first else ""),
                Text(variant.name or "(default)"),
                Text(describe_expectation(variant), style="red" if variant.violates else "green"),
            )
    Console(highlight=False).print(table)
