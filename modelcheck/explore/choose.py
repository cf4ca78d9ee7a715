"""Which backend explores a program: the named one, or with `auto` the one that is sooner done.

Nobody waits for a compiler on a small spec: `auto` explores in Python up to a fixed number of
states and goes over to C only where there are more.  So which backend gave a result depends on the
program alone, never on how fast something was; the results are the same by contract.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from modelcheck.backends.native.compiler import NoCompilerError, locate_compiler
from modelcheck.explore.limits import Watch
from modelcheck.explore.native import explore_native
from modelcheck.explore.options import Options
from modelcheck.explore.result import Result
from modelcheck.explore.search import explore as explore_python
from modelcheck.ir.nodes import Program

SMALL = 20_000  # states; Python takes about 0.1 s for so many, a compiler 0.2 s or more


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
            return explore_python(program, options)
        case "native":
            return explore_native(program, options)
        case "auto":
            return _explore_either(program, options, notice)


def _explore_either(program: Program, options: Options, notice: Callable[[str], None]) -> Result:
    try:
        locate_compiler()
    except NoCompilerError as error:
        notice(f"{error}; the python backend explores, which takes longer")
        return explore_python(program, options)
    watch = Watch(options)
    if options.max_states is not None and options.max_states <= SMALL:
        return explore_python(program, options)
    result = explore_python(program, replace(options, max_states=SMALL))
    if result.stopped_by != "max-states":
        return result
    try:
        return explore_native(program, options, watch=watch)
    except NoCompilerError as error:
        notice(f"{error}; the python backend explores, which takes longer")
        return explore_python(program, options)


__all__ = ["NoCompilerError", "explore"]
