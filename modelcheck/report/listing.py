"""Coverage as an annotated listing: the lines of the spec, each with how often it ran.

In the manner of gcov: a number of transitions (of a line of local work, of runs), `never` for code
that no thread came to, `-` for what this program has no code of, because a flag, a parameter or a
constant left it out or decided it.  Below a condition stands what value it never had.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from modelcheck.diagnostics import Span
from modelcheck.explore.looked import Line, Ran
from modelcheck.ir.nodes import Program, StepInfo
from modelcheck.report.conditions import list_halves
from modelcheck.report.coverage import LIBRARY, find_steps, tell_condition

_WIDTH = 10  # of a count
_BEFORE_TEXT = _WIDTH + 10  # with the number of the line, and the blanks between


def describe_listing(
    program: Program, ran: Ran, sources: Mapping[str, str], path: str, *, library: bool = False
) -> Iterator[str]:
    """The listing of the spec at `path`, of its other files, and with `library` of the library's
    files that the program has code of.
    """
    counts = count_lines(program, ran)
    own = [file for file in sources if not file.startswith(LIBRARY)]
    used = sorted({file for file, _ in counts if file.startswith(LIBRARY)})
    for file in (path, *(f for f in own if f != path), *(used if library else ())):
        if file in sources:
            yield from _describe_file(file, sources, counts, ran, program)


def count_lines(program: Program, ran: Ran) -> dict[Line, int]:
    """How often each line with code ran: of lines at which steps begin or are called, the
    transitions of these steps; of other lines, the runs of their local work.
    """
    found: dict[Line, int] = {}
    for location, step in find_steps(program).items():
        count = ran.taken.get(location)
        if count is not None:  # else the pass that makes locations made it local work
            for line in _list_lines(step):
                found[line] = found.get(line, 0) + count
    return {**ran.lines, **found}


def _list_lines(step: StepInfo) -> set[Line]:
    """The line of a step and those of the calls that lead to it."""
    return {(span.path, span.line) for span in (*step.calls, step.span)}


def _describe_file(
    file: str, sources: Mapping[str, str], counts: Mapping[Line, int], ran: Ran, program: Program
) -> Iterator[str]:
    text = sources[file]
    code = _find_statements(text)
    known = {line for path, line in counts if path == file}
    never = sum(not counts[file, line] for line in known)
    seen = f"{ran.states:,} states" if ran.is_whole else f"the first {ran.states:,} states"
    left_out = any((file, number) not in counts for number in code)
    legend = "; `-` is left out or decided by the settings" if left_out else ""
    yield f"{file}: {len(known) - never} of {len(known)} lines with code ran in {seen}{legend}"
    notes = _list_notes(file, ran, program, sources)
    for number, line in enumerate(text.splitlines(), 1):
        count = counts.get((file, number))
        shown = "-" if number in code else ""
        if count is not None:
            shown = f"{count:,}" if count else "never"
        yield f"  {shown:>{_WIDTH}}  {number:>4}  {line}".rstrip()
        for span, note in notes.get(number, ()):
            end = span.end_col if span.end_line == span.line else len(line) + 1
            blank = " " * (_BEFORE_TEXT + span.col - 1)
            yield f"{blank}{'^' * max(1, end - span.col)} {note}"


def _list_notes(
    file: str, ran: Ran, program: Program, sources: Mapping[str, str]
) -> dict[int, list[tuple[Span, str]]]:
    """What stands below a line: the conditions in it that only ever went one way, and of the
    properties that begin there, what they were never put to the test with.
    """
    notes: dict[int, list[tuple[Span, str]]] = {}
    declared = {p.name: p.span for p in program.properties}
    found = [(half.span, f"never {half.never}") for half in list_halves(ran, sources)]
    for vacuous in ran.vacuous:
        condition, never = tell_condition(vacuous, sources)
        is_placed = vacuous.expr is None
        note = f"never {never}" if is_placed else f"`{condition}` was never {never}"
        span = vacuous.span if is_placed else declared[vacuous.property]
        if not is_placed:
            span = Span(span.path, span.line, span.col, span.line, span.col + 3)
        found.append((span, note))
    for span, note in dict.fromkeys(found):
        if span.path == file:
            notes.setdefault(span.line, []).append((span, note))
    for inside in notes.values():
        inside.sort(key=lambda each: each[0].col)
    return notes


def _find_statements(text: str) -> set[int]:
    """The lines on which a statement of a routine begins that would have code of its own."""
    lines: set[int] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            for inner in ast.walk(node):
                if isinstance(inner, _WITH_CODE) and not _is_bare_return(inner):
                    lines.add(inner.lineno)
    return lines


_WITH_CODE = (
    *(ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Assert, ast.Return),
    *(ast.If, ast.While, ast.With, ast.Match),
)
"""Not calls, whose code is that of the routine, nor loops over ranges, which are unrolled."""


def _is_bare_return(node: ast.AST) -> bool:
    return isinstance(node, ast.Return) and node.value is None
