"""Makes the graph of one body: blocks, steps, locals.

A step begins where `begin_step` is called; what is emitted afterwards is the rest of that step,
then local work, until the next one.  Inside `inside_step` (an atomic block, a wait, an observer)
no step begins: new blocks continue the one that is open.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from modelcheck.diagnostics import Span
from modelcheck.ir import nodes as ir
from modelcheck.ir.traverse import assigned_local, successors, used_locals, walk_node
from modelcheck.ir.types import ScalarType
from modelcheck.records import record


@dataclass(slots=True)
class OpenBlock:
    """A block that is still being written."""

    label: str
    step: ir.StepInfo | None = None
    atomic: bool = False
    rmw: str = ""
    inner: bool = False
    instrs: list[ir.Instr] = field(default_factory=list)


@record(frozen=True, slots=True)
class Mark:
    """A moment to which `BodyBuilder.rewind` goes back."""

    blocks: int
    current: OpenBlock | None
    instrs: int
    next_label: int
    locals: int
    next_temporary: int


class BodyBuilder:
    """Blocks and locals of one body, in source order."""

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix
        self.blocks: list[ir.Block] = []
        self.locals: dict[str, ir.LocalVar] = {}
        self._references: Counter[str] = Counter()
        self.inner = False  # new blocks continue the step that is open
        self.atomic = False
        self.rmw = ""
        self._next_label = 0
        self._next_temporary = 0
        self.entry = self.fresh_label()
        self.current: OpenBlock | None = OpenBlock(self.entry)

    # -- labels and blocks

    def fresh_label(self) -> str:
        """A label no block has yet."""
        self._next_label += 1
        return f"{self.prefix}{self._next_label}"

    def open(self, label: str, step: ir.StepInfo | None = None) -> None:
        """Begin a block; the one before must be closed."""
        self.current = OpenBlock(
            label,
            step=step,
            atomic=self.atomic,
            rmw=self.rmw,
            inner=self.inner and step is None,
        )

    def close(self, end: ir.Terminator) -> None:
        """End the block that is open; without one, the code is unreachable and drops out."""
        if self.current is not None:
            self.close_at(len(self.blocks), self.current, end)
            self.current = None

    def close_at(self, position: int, block: OpenBlock, end: ir.Terminator) -> None:
        """End a block that was set aside, and put it where it belongs among the others."""
        for label in successors(end):
            self._references[label] += 1
        self.blocks.insert(
            position,
            ir.Block(
                block.label,
                tuple(block.instrs),
                end,
                step=block.step,
                atomic=block.atomic,
                rmw=block.rmw,
                inner=block.inner,
            ),
        )

    def append_to(self, label: str, instr: ir.Instr) -> None:
        """Add an instruction at the end of a block that is closed already."""
        index = next(i for i, block in enumerate(self.blocks) if block.label == label)
        block = self.blocks[index]
        self.blocks[index] = replace(block, instrs=(*block.instrs, instr))

    def emit(self, instr: ir.Instr) -> None:
        """Add an instruction to the open block (dropped where the code is unreachable)."""
        if self.current is not None:
            self.current.instrs.append(instr)

    @property
    def reachable(self) -> bool:
        """Whether code written now can run."""
        return self.current is not None

    def jump(self, label: str, span: Span) -> None:
        """End the open block with a jump."""
        self.close(ir.Jump(label, span=span))

    def place(self, label: str, span: Span) -> None:
        """Go on at `label`: the open block, if any, falls into it."""
        self.jump(label, span)
        self.open(label)

    def is_target(self, label: str) -> bool:
        """Whether some block written so far leads to a label."""
        return self._references[label] > 0

    def resume(self, label: str, span: Span) -> None:
        """Go on at `label` if anything leads there; else what follows cannot run."""
        self.jump(label, span)
        if self.is_target(label):
            self.open(label)

    def begin_step(self, info: ir.StepInfo) -> None:
        """A step begins here, unless one is open that this belongs to."""
        if self.inner or self.current is None:
            return
        label = self.fresh_label()
        self.jump(label, info.span)
        self.open(label, info)

    @contextmanager
    def inside_step(self, *, atomic: bool = False, rmw: str = "") -> Iterator[None]:
        """Within: blocks continue the step that is open."""
        saved = (self.inner, self.atomic, self.rmw)
        self.inner, self.atomic = True, self.atomic or atomic
        self.rmw = self.rmw or rmw
        try:
            yield
        finally:
            self.inner, self.atomic, self.rmw = saved

    def leave_step(self, span: Span) -> None:
        """After an atomic body: what follows is local work outside it."""
        if self.current is not None and (self.current.atomic or self.current.inner):
            label = self.fresh_label()
            self.jump(label, span)
            self.open(label)

    # -- locals

    def temporary(self, type: ScalarType) -> str:
        """A fresh local without a name in the spec.

        Soundness: it takes nobody's name, or what a local of the spec holds would be overwritten.
        """
        self._next_temporary += 1
        while (name := f"t{self._next_temporary}") in self.locals:
            self._next_temporary += 1
        self.locals[name] = ir.LocalVar(name, type)
        return name

    def variable(self, shown: str, type: ScalarType) -> str:
        """A fresh local for a variable of the spec."""
        name = shown
        number = 1
        while name in self.locals:
            number += 1
            name = f"{shown}.{number}"
        self.locals[name] = ir.LocalVar(name, type, shown)
        return name

    def retype(self, name: str, type: ScalarType) -> None:
        """Settle the type of a local."""
        self.locals[name] = replace(self.locals[name], type=type)

    # -- trying out

    def mark(self) -> Mark:
        """Remember this moment."""
        current = self.current
        return Mark(
            len(self.blocks),
            current,
            len(current.instrs) if current else 0,
            self._next_label,
            len(self.locals),
            self._next_temporary,
        )

    def unchanged_since(self, mark: Mark) -> bool:
        """Whether nothing was emitted since."""
        return (
            len(self.blocks) == mark.blocks
            and self.current is mark.current
            and (self.current is None or len(self.current.instrs) == mark.instrs)
        )

    def touched_since(self, mark: Mark, touches: Callable[[ir.Expr], bool]) -> bool:
        """Whether an expression of what was emitted since is of a kind."""
        nodes: list[ir.Instr | ir.Terminator] = []
        start = mark.instrs
        for block in self.blocks[mark.blocks :]:
            nodes += (*block.instrs[start:], block.end)
            start = 0
        if self.current is not None:
            nodes += self.current.instrs[start if self.current is mark.current else 0 :]
        return any(touches(expr) for node in nodes for expr in walk_node(node))

    def rewind(self, mark: Mark) -> None:
        """Forget everything since."""
        for block in self.blocks[mark.blocks :]:
            self._references.subtract(successors(block.end))
        del self.blocks[mark.blocks :]
        self.current = mark.current
        if self.current is not None:
            del self.current.instrs[mark.instrs :]
        self._next_label = mark.next_label
        self._next_temporary = mark.next_temporary
        for name in list(self.locals)[mark.locals :]:
            del self.locals[name]

    def body(self) -> ir.Body:
        """The finished graph."""
        single = self._used_once()
        blocks = tuple(
            replace(block, instrs=tuple(self._without_copies(block.instrs, single)))
            if len(block.instrs) > 1
            else block
            for block in self.blocks
        )
        return ir.Body(self.entry, blocks, tuple(self.locals.values()))

    def _used_once(self) -> frozenset[str]:
        """The temporaries that one instruction assigns and one uses."""
        instrs = [instr for block in self.blocks for instr in block.instrs]
        ends = [block.end for block in self.blocks if not isinstance(block.end, ir.Jump)]
        used = Counter([name for node in (*instrs, *ends) for name in used_locals(node)])
        assigned = Counter([assigned_local(instr) for instr in instrs])
        return frozenset(
            name
            for name, local in self.locals.items()
            if not local.shown and assigned[name] == used[name] == 1
        )

    def _without_copies(
        self, instrs: Sequence[ir.Instr], single: frozenset[str]
    ) -> Iterator[ir.Instr]:
        """`t := …; n := t` as `n := …`, where nothing else uses the temporary t."""
        held: ir.Instr | None = None  # may still be merged with what follows it
        for instr in instrs:
            match instr, held:
                case ir.Assign(local, ir.Local(name)), (
                    ir.Assign() | ir.Load() | ir.QueueOp() | ir.New() | ir.Spawn() | ir.Choose()
                ) if (
                    name in single
                    and assigned_local(held) == name
                    and self.locals[name].type == self.locals[local].type
                ):
                    held = replace(held, local=local)
                    del self.locals[name]
                case _:
                    if held is not None:
                        yield held
                    held = instr
        if held is not None:
            yield held
