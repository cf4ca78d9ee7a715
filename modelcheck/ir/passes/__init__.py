"""The passes: program → program, in a fixed order, each checked by `verify`.

`freeze`, `fold` and `orders` take turns until none changes anything, since a folded branch may
take the last store of a field with it and a frozen field may decide a branch.  The order is data,
so that `modelcheck ir SPEC --after PASS` can stop in between.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Literal

from modelcheck.diagnostics import InternalError
from modelcheck.ir.nodes import Program
from modelcheck.ir.passes.fold import fold
from modelcheck.ir.passes.freeze import freeze
from modelcheck.ir.passes.join import join
from modelcheck.ir.passes.liveness import liveness
from modelcheck.ir.passes.notes import Notes
from modelcheck.ir.passes.orders import orders
from modelcheck.ir.passes.peel import peel
from modelcheck.ir.passes.prune import prune
from modelcheck.ir.verify import Seen
from modelcheck.ir.verify import verify as verify_program

Pass = Callable[[Program, Notes], Program]

REPEATED: tuple[tuple[str, Pass], ...] = (("freeze", freeze), ("fold", fold), ("orders", orders))
"""These run in turn until nothing changes."""

ONCE: tuple[tuple[str, Pass], ...] = (
    ("join", join),
    ("peel", peel),
    ("liveness", liveness),
    ("prune", prune),
)
"""These run after them, once each."""

PASS_NAMES = ("lower", *(name for name, _ in REPEATED + ONCE))
"""What `--after` may name; `lower` is the front end's own, before any of these."""

MAX_ROUNDS = 1000
"""Each round removes something, so a real program needs a handful."""


def run_passes(
    program: Program, *, verify: Literal["each", "last", "no"] = "each", after: str = "prune"
) -> Program:
    """Run the passes up to and including `after` on what the front end made.

    After `freeze` means after its first round, after `fold` and `orders` once all have come to
    rest.  `verify` says when the program is checked (InternalError): before the first and after
    each pass, which finds the one that broke it, or after the last, which costs a quarter less.
    """
    if after not in PASS_NAMES:
        raise InternalError(f"no pass is called `{after}`")
    notes, seen = Notes(), Seen()
    if verify == "each":
        verify_program(program, after="lower", seen=seen)
    result = program
    for name, result in _list_results(program, notes, after):
        if verify == "each":
            verify_program(result, after=name, seen=seen)
    if verify == "last":
        verify_program(result, after=after, seen=seen)
    return result


def _list_results(program: Program, notes: Notes, after: str) -> Iterator[tuple[str, Program]]:
    """The program after each pass, up to `after`."""
    if after == "lower":
        return
    for _ in range(MAX_ROUNDS):
        before = program
        for name, run in REPEATED:
            program = run(program, notes)
            yield name, program
            if after == "freeze":
                return
        if program == before:
            break
    else:
        raise InternalError(f"{program.name}: freeze, fold and orders never come to rest")
    if after in ("fold", "orders"):
        return
    for name, run in ONCE:
        program = run(program, notes)
        yield name, program
        if name == after:
            return
