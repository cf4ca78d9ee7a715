"""Which backend explores a program, and whether reduced: as named, or what is sooner done.

Nobody waits for a compiler on a small spec: `auto` explores in Python up to a fixed number of
states and goes over to C only where there are more.  Nor for the tables of the reductions, which
take up to a second: `reduce_beyond` says from how many states on they are worth it.  So how a
result was found depends on the program alone, never on how fast something was; the verdicts are
the same by contract.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from modelcheck.backends.native.compiler import NoCompilerError, locate_compiler
from modelcheck.explore.limits import Watch
from modelcheck.explore.native import explore_native
from modelcheck.explore.options import REDUCTIONS, Options
from modelcheck.explore.result import Result
from modelcheck.explore.search import explore as explore_python
from modelcheck.ir.nodes import Program

SMALL = 20_000  # states; Python takes about 0.1 s for so many, a compiler 0.2 s or more
DEARER = 20  # times as much as a state takes Python what is stored of a reduced graph


def explore(
    program: Program, options: Options, notice: Callable[[str], None] = lambda _: None
) -> Result:
    """Explore a program (after all passes) with the backend that the options name.

    `notice` is told where `auto` has to do without a compiler.  Raises NoCompilerError where the
    native backend is named and there is none.  A search that begins in the middle is the python
    backend's.
    """
    if options.begin is not None:
        return explore_python(program, options)
    match options.backend:
        case "python":
            return _explore_in_stages(explore_python, program, options, Watch(options))
        case "native":
            return _explore_in_stages(explore_native, program, options, Watch(options))
        case "auto":
            return _explore_either(program, options, notice)


class _Backend(Protocol):
    def __call__(
        self, program: Program, options: Options | None = None, *, watch: Watch | None = None
    ) -> Result: ...


def _explore_either(program: Program, options: Options, notice: Callable[[str], None]) -> Result:
    watch = Watch(options)
    try:
        locate_compiler()
        small = SMALL // DEARER if options.reduce else SMALL
        if options.max_states is not None and options.max_states <= small:
            return explore_python(program, options, watch=watch)
        result = explore_python(program, replace(options, max_states=small), watch=watch)
        if result.stopped_by != "max-states":
            return result
        return _explore_in_stages(explore_native, program, options, watch)
    except NoCompilerError as error:
        notice(f"{error}; the python backend explores, which takes longer")
        return _explore_in_stages(explore_python, program, options, watch)


def _explore_in_stages(
    explore_one: _Backend, program: Program, options: Options, watch: Watch
) -> Result:
    """Unreduced as far as `reduce_beyond`; a program with more states from the start, reduced.

    Soundness: what the first stage found of a program with more states is thrown away whole, so
    the result is that of one run, as if it had been asked for.
    """
    beyond = options.reduce_beyond
    if beyond is None or not _may_reduce(options, beyond):
        return explore_one(program, options, watch=watch)
    result = explore_one(program, replace(options, max_states=beyond), watch=watch)
    if result.stopped_by != "max-states" and result.counts.states <= beyond:
        return result
    return explore_one(program, replace(options, reduce=frozenset(REDUCTIONS)), watch=watch)


def _may_reduce(options: Options, beyond: int) -> bool:
    """Whether an exhaustive search is asked for, and only for what a reduced one can tell."""
    is_larger = options.max_states is None or options.max_states > beyond
    is_plain = options.compact_bits is None and not options.ranges and not options.reduce
    return is_larger and is_plain and options.search != "random"


__all__ = ["NoCompilerError", "explore"]
