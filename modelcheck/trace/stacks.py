"""Steps → call stacks: through which routines a thread came to where it stands.

A step says the places of its calls.  A check or recorded order in local work says only its own
place; the calls that lead there are found in the texts: from the step before it or the one after
it down to the routine that holds it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from modelcheck.diagnostics import Span
from modelcheck.ir.nodes import Block, Body, New, StepInfo
from modelcheck.ir.regions import find_region, list_local_successors
from modelcheck.ir.traverse import successors
from modelcheck.trace.events import Frame, Stack
from modelcheck.trace.source import Source

MOST_CALLS = 6  # from a routine down to a check in its local work
MOST_LINES = 1 << 30


@dataclass(frozen=True, slots=True)
class _Routine:
    """A routine of a file: what it is called, where it is, what decorates it."""

    path: str
    name: str
    node: ast.FunctionDef

    @property
    def decorators(self) -> frozenset[str]:
        """The names of its decorators."""
        found = (d.func if isinstance(d, ast.Call) else d for d in self.node.decorator_list)
        return frozenset(d.id for d in found if isinstance(d, ast.Name))

    @property
    def calls(self) -> list[ast.Call]:
        """All calls of something with a name."""
        return [
            node
            for node in ast.walk(self.node)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        ]


class Stacks:
    """The routines of a spec's files and of the library files they import."""

    def __init__(self, texts: Mapping[str, str], source: Source) -> None:
        self._source = source
        self._texts = texts
        self._parsed: dict[str, tuple[_Routine, ...]] = {}

    def of_step(self, step: StepInfo) -> Stack:
        """The calls that lead to a step, innermost first."""
        here = Frame(self._name(step.span) or step.routine, self._source.read_statement(step.span))
        return (here, *map(self._frame, reversed(step.calls)))

    def of_check(
        self, body: Body, location: Block, check: Span, arrived: Block | None = None
    ) -> Stack:
        """The calls that lead to a check in the step at a location.

        `arrived` is where the thread stands after it; without, it may be anywhere.
        """
        if location.step is None or not check.line:
            return ()
        step = self.of_step(location.step)
        inside = self._cut(step, check) or self._go_down(step, check)
        if inside:
            return inside
        following = [arrived] if arrived is not None else _list_following(body, location, check)
        found = dict.fromkeys(
            stack
            for block in following
            if block.step is not None
            for stack in (self._join(self.of_step(block.step), check),)
            if stack
        )
        if len(found) == 1:
            return next(iter(found))
        return (self._frame(check), *(_common_end(list(found)) if found else step))

    def of_start(self, check: Span, arrived: Block) -> Stack:
        """The calls that lead to a check before a thread's first step, which is at `arrived`."""
        joined = self._join(self.of_step(arrived.step), check) if arrived.step else ()
        return joined or (self._frame(check),)

    def of_births(self, initial: Body) -> dict[str, Stack]:
        """Where the objects of the initial state are allocated, by name, as far as the order of
        the allocations is known from the text.
        """
        made: dict[str, list[Span]] = {}
        for instr in _list_straight(initial):
            made.setdefault(instr.pool, []).append(instr.span)
        return {
            f"{pool}[{number}]": self._of_initial(span)
            for pool, spans in made.items()
            for number, span in enumerate(spans)
        }

    def strip_observers(self, stack: Stack) -> Stack:
        """A stack without the observers at its inner end: who called them says more."""
        for depth, frame in enumerate(stack):
            routine = self._find(frame.routine)
            if routine is None or "observer" not in routine.decorators:
                return stack[depth:]
        return stack[-1:]

    # ------------------------------------------------------------------------ joining

    def _of_initial(self, span: Span) -> Stack:
        here = self._frame(span)
        for routine in self._list_routines():
            if "initial" in routine.decorators:
                if routine.name == here.routine:
                    return (here,)
                chain = self._find_chain(routine, here.routine, ())
                if chain is not None:
                    return (here, *chain)
        return (here,)

    def _cut(self, stack: Stack, check: Span) -> Stack:
        """A stack that ends in the check, where one of its routines holds it."""
        here = self._frame(check)
        depths = [
            depth
            for depth, frame in enumerate(stack)
            if (frame.routine, frame.at.path) == (here.routine, here.at.path)
        ]
        exact = [depth for depth in depths if stack[depth].at.line == here.at.line]
        return (here, *stack[(exact or depths[-1:])[0] + 1 :]) if depths else ()

    def _go_down(self, step: Stack, check: Span) -> Stack:
        """The calls down to a check in what the innermost routine of a step calls from it on."""
        here = self._frame(check)
        routine = self._find(step[0].routine)
        lines = range(step[0].at.line, MOST_LINES)
        chain = routine and self._find_chain(routine, here.routine, (), lines)
        return (here, *chain, *step[1:]) if chain else ()

    def _join(self, stack: Stack, check: Span) -> Stack:
        """The calls down to a check from one of the routines through which a thread came to the
        next location; it is behind the check, so only earlier lines count.
        """
        cut = self._cut(stack, check)
        if cut:
            return cut
        here = self._frame(check)
        places = [(frame.routine, frame.at.path) for frame in stack]
        for depth, frame in enumerate(stack):
            if places[depth] in places[depth + 1 :]:
                continue  # a lambda of a routine further out
            routine = self._find(frame.routine)
            lines = range(frame.at.line - 1, 0, -1)
            chain = routine and self._find_chain(routine, here.routine, (), lines)
            if chain:
                return (here, *chain, *stack[depth + 1 :])
        return ()

    def _find_chain(
        self,
        routine: _Routine,
        wanted: str,
        seen: tuple[str, ...],
        lines: range = range(1, MOST_LINES),
    ) -> Stack | None:
        """How a routine comes to call another: the calls, innermost first.

        The first call in the order of `lines` counts.
        """
        if len(seen) == MOST_CALLS or routine.name in seen:
            return None
        for node in sorted(routine.calls, key=lambda call: call.lineno * lines.step):
            name = node.func.id if isinstance(node.func, ast.Name) else ""
            if node.lineno not in lines:
                continue
            here = self._frame(Span(routine.path, node.lineno, node.col_offset + 1))
            if name == wanted:
                return (here,)
            called = self._find(name)
            chain = called and self._find_chain(called, wanted, (*seen, routine.name))
            if chain:
                return (*chain, here)
        return None

    # ------------------------------------------------------------------------ texts

    def _frame(self, span: Span) -> Frame:
        return Frame(self._name(span), self._source.read(span))

    def _name(self, span: Span) -> str:
        inside = [
            routine
            for routine in self._parse(span.path)
            if routine.node.lineno <= span.line <= (routine.node.end_lineno or 0)
        ]
        return max(inside, key=lambda r: r.node.lineno).name if inside else ""

    def _find(self, name: str) -> _Routine | None:
        return next((r for r in self._list_routines() if r.name == name), None)

    def _list_routines(self) -> Iterator[_Routine]:
        for path in self._texts:
            yield from self._parse(path)

    def _parse(self, path: str) -> tuple[_Routine, ...]:
        if path not in self._parsed:
            tree = ast.parse(self._texts.get(path, ""))
            self._parsed[path] = tuple(
                _Routine(path, node.name, node)
                for node in tree.body
                if isinstance(node, ast.FunctionDef)
            )
        return self._parsed[path]


def _list_following(body: Body, location: Block, check: Span) -> list[Block]:
    """The locations that come next behind a check in the step at a location."""
    by_label = {block.label: block for block in body.blocks}
    region = find_region(body, location)
    waiting = [b for b in region.blocks if any(i.span == check for i in b.instrs)]
    seen = {block.label for block in waiting}
    found: list[Block] = []
    while waiting:
        block = waiting.pop(0)
        local = set(list_local_successors(by_label, block))
        for label in successors(block.end):
            if label in seen:
                continue
            seen.add(label)
            (waiting if label in local else found).append(by_label[label])
    return found


def _common_end(stacks: Sequence[Stack]) -> Stack:
    """The outer frames that all of some stacks have."""
    count = 0
    for frames in zip(*(reversed(stack) for stack in stacks), strict=False):
        if len(set(frames)) > 1:
            break
        count += 1
    return stacks[0][len(stacks[0]) - count :]


def _list_straight(initial: Body) -> Iterable[New]:
    """The allocations of a body in the order in which they run; none behind a branch."""
    by_label = {block.label: block for block in initial.blocks}
    label, seen = initial.entry, set[str]()
    while label not in seen:
        seen.add(label)
        block = by_label[label]
        yield from (instr for instr in block.instrs if isinstance(instr, New))
        following = successors(block.end)
        if len(following) != 1:
            return
        label = following[0]
