"""The tools that are compared."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path

from machine import ask_version
from ours import list_ours
from peers import list_peers
from spin import list_spins
from tool import Tool


def list_tools(
    harmony: str, tlc: Path | None, ours: Iterable[int], others: Iterable[int]
) -> tuple[Tool, ...]:
    """All tools, ours first; those that can use several workers once for each number of them:
    `ours` for us, `others` for the peers.

    `harmony` is the program's name or path, `tlc` the jar.
    """
    has_gcc = shutil.which("gcc") is not None
    spin = ask_version(["spin", "-V"]) if has_gcc else ""
    peers = list_peers(harmony, tlc, others, has_gcc=has_gcc)
    return (*list_ours(ours), *list_spins(spin), *peers)
