"""The passes: program → program, in a fixed order, each checked by `verify`.

`freeze`, `fold` and `orders` take turns until none changes anything, since a folded branch may
take the last store of a field with it and a frozen field may decide a branch.  The order is data,
so that `modelcheck ir SPEC --after PASS` can stop in between.
"""

from __future__ import annotations

from collections.abc import Callable

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


def run_passes(program: Program, *, verify: bool = True, after: str = "prune") -> Program:
    """Run the passes up to and including `after` on what the front end made.

    After `freeze` means after its first round, after `fold` and `orders` once all have come to
    rest.  With `verify`, the program is checked at the start and after every pass (InternalError).
    """
    if after not in PASS_NAMES:
        raise InternalError(f"no pass is called `{after}`")

    def checked(result: Program, name: str) -> Program:
        if verify:
            verify_program(result, after=name, seen=seen)
        return result

    notes, seen = Notes(), Seen()
    program = checked(program, "lower")
    if after == "lower":
        return program
    for _ in range(MAX_ROUNDS):
        before = program
        for name, run in REPEATED:
            program = checked(run(program, notes), name)
            if after == "freeze":
                return program
        if program == before:
            break
    else:
        raise InternalError(f"{program.name}: freeze, fold and orders never come to rest")
    if after in ("fold", "orders"):
        return program
    for name, run in ONCE:
        program = checked(run(program, notes), name)
        if name == after:
            break
    return program
