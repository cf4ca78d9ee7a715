"""What lowering keeps in mind: the frame of the routine being inlined, and the kind of context."""

from __future__ import annotations

import ast
import functools
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from modelcheck.diagnostics import Related, Report, Span, SpecError
from modelcheck.frontend.builder import BodyBuilder
from modelcheck.frontend.constants import Reported
from modelcheck.frontend.declarations import ThreadDecl
from modelcheck.frontend.modules import Module
from modelcheck.frontend.parse import Source
from modelcheck.frontend.values import Closure, Scalar, Storage, Value
from modelcheck.frontend.world import World
from modelcheck.ir import nodes as ir
from modelcheck.ir.types import ScalarType, ValueType
from modelcheck.records import record

MAX_INLINE_DEPTH = 60
MAX_BLOCKS = 20_000
MAX_INLINED = 4_000


@dataclass(slots=True)
class Variable:
    """A local of the spec that lives at run time."""

    local: str
    type: ScalarType
    annotated: bool = False


@dataclass(slots=True)
class Loop:
    """Where `break` and `continue` go, and what is assigned when they do."""

    exit: str
    again: str
    level: int
    assigned_at_exit: list[set[str]] = field(default_factory=list)
    assigned_at_again: list[set[str]] = field(default_factory=list)


@dataclass(slots=True)
class Frame:
    """One routine being inlined."""

    module: Module
    routine: str
    node: ast.FunctionDef | None
    names: dict[str, Variable | Value]
    assigned: set[str]
    calls: tuple[Span, ...] = ()
    statement: ast.stmt | None = None
    globals: set[str] = field(default_factory=set)
    refs: set[str] = field(default_factory=set)  # parameters that stand for a place
    loops: list[Loop] = field(default_factory=list)
    return_label: str = ""
    result: list[str] | None = None  # the locals that hold what is returned
    result_types: list[ScalarType] = field(default_factory=list)
    nones: dict[ast.Return, str] = field(default_factory=dict)  # returns of None, by block
    result_value: Value | None = None  # where there is one return, at the end
    returned: bool = False
    failed_return: bool = False  # what it returns is not known, and that was said
    single_return: bool = False
    local_objects: list[str] = field(default_factory=list)
    counts: Mapping[str, Sequence[ast.AST]] = field(default_factory=dict)
    ambiguous: frozenset[str] = frozenset()
    round_names: set[str] = field(default_factory=set)  # known in this round of a loop only
    loop_names: frozenset[str] = frozenset()
    unrolled: list[tuple[str, tuple[Value, ...]]] = field(default_factory=list)  # loops around


@record(frozen=True, slots=True)
class Mode:
    """How memory is looked at here.

    `thread`: an access is a step.  `atomic`: accesses within one step.  `pure`: everything is
    evaluated at once with reads of kind `reads`; `ghosts` may be read; `observer` may write them.
    `called` is the routine that a thread calls for the value of a ghost.
    """

    name: str = "thread"
    reads: ir.Kind = ir.Kind.SILENT
    ghosts: bool = False
    observer: bool = False
    where: str = ""
    called: str = ""

    @property
    def pure(self) -> bool:
        """Whether reads are part of expressions."""
        return self.name == "pure"

    @property
    def one_step(self) -> bool:
        """Whether `any`, `all`, `objects`, … make sense here."""
        return self.name in ("pure", "atomic")


THREAD = Mode()
ATOMIC = Mode("atomic")

GHOST_VALUE = "a ghost's value"  # where code of a thread gives one


class LoweringContext(ABC):
    """The state of lowering one body, and what the layers above provide."""

    def __init__(
        self, world: World, report: Report, prefix: str, thread: ThreadDecl | None = None
    ) -> None:
        self.world = world
        self.report = report
        self.builder = BodyBuilder(prefix)
        self.thread = thread
        self.frames: list[Frame] = []
        self.mode = THREAD
        self.next_label = ""
        self.because = ""
        self.fn_targets: dict[tuple[str, str], list[str]] = {}
        self.stored_fns: dict[tuple[str, str], set[str]] = {}
        self.local_objects: list[ir.Object] = []
        self.inlined = 0
        # Only who is called, stored and freed is wanted: what observers and asserts do is not.
        self.is_survey = False
        self.branching: set[ast.GeneratorExp] = set()  # generators that fit into no expression
        self.in_property = False
        self.after_crash = False  # @initial runs again: what is durable stays

    @property
    def frame(self) -> Frame:
        """The innermost routine."""
        return self.frames[-1]

    def span(self, node: ast.AST) -> Span:
        """Where a node of the innermost routine stands."""
        return self.frames[-1].module.span(node)

    @contextmanager
    def in_mode(self, mode: Mode) -> Iterator[None]:
        """Within: lower in another mode."""
        saved, self.mode = self.mode, mode
        try:
            yield
        finally:
            self.mode = saved

    @contextmanager
    def trying(self) -> Iterator[None]:
        """Within: lower to find something out; nothing that is emitted or bound stays."""
        mark = self.builder.mark()
        frame = self.frame
        names, assigned = dict(frame.names), set(frame.assigned)
        objects = len(self.local_objects)
        try:
            yield
        finally:
            self.builder.rewind(mark)
            frame.names, frame.assigned = names, assigned
            del self.local_objects[objects:]

    def fail(
        self,
        code: str,
        message: str,
        node: ast.AST,
        *,
        note: str = "",
        help: str = "",
        related: tuple[Related, ...] = (),
    ) -> SpecError:
        """An error at a node, with the calls that led there."""
        led = self.frame.calls[1:] if self.at_start else self.frame.calls  # nobody calls @initial
        calls = tuple(Related(call, "called from here") for call in reversed(led[-3:]))
        return SpecError(
            code, message, self.span(node), note=note, help=help, related=(*related, *calls)
        )

    @property
    def at_start(self) -> bool:
        """Whether this is `@initial`, and no thread that starts the machine again."""
        return self.thread is None and not self.in_property

    def reported(self) -> SpecError:
        """Stands for an error that was reported already."""
        return Reported()

    # -- steps

    def step_info(self, node: ast.AST) -> ir.StepInfo:
        """What a step that begins at `node` is called.

        Its text is the statement of the innermost routine that is not in the library: what a
        reader of the spec sees.
        """
        frame = self.frame
        shown = next((f for f in reversed(self.frames) if not f.module.library), self.frames[0])
        text = statement_text(shown.module.source, shown.statement) if shown.statement else ""
        label, self.next_label = self.next_label, ""
        return ir.StepInfo(
            span=self.span(node),
            calls=frame.calls,
            routine=frame.routine,
            text=text,
            label=label,
            because=self.because,
        )

    def begin_step(self, node: ast.AST) -> None:
        """In thread code, a step begins; elsewhere one is open."""
        if self.mode.name == "thread":
            if len(self.builder.blocks) > MAX_BLOCKS:
                raise self.fail(
                    "MC403",
                    "this thread has too many steps",
                    node,
                    note=f"after inlining and unrolling, more than {MAX_BLOCKS}",
                    help="use smaller sizes, or a `while` loop",
                )
            self.builder.begin_step(self.step_info(node))

    def temporary(self, expr: ir.Expr, type: ScalarType, node: ast.AST) -> ir.Local:
        """Keep a value in a fresh local."""
        name = self.builder.temporary(type)
        self.builder.emit(ir.Assign(name, expr, span=self.span(node)))
        return ir.Local(name)

    def temporary_of(self, expr: ir.Expr, type: ScalarType, node: ast.AST) -> Scalar:
        """A value kept in a fresh local."""
        return Scalar(self.temporary(expr, type, node), type)

    def as_read(self, read: Scalar, node: ast.AST) -> Scalar:
        """What was read, kept where a call in the same statement may store a ghost before it is
        used: in an observer.
        """
        statement = self.frame.statement
        if not self.mode.observer or statement is None or not has_calls(statement):
            return read
        return self.temporary_of(read.expr, read.type, node)

    # -- provided by the layers above

    @abstractmethod
    def value(self, node: ast.expr) -> Value:
        """What an expression stands for; places are not loaded yet."""

    @abstractmethod
    def scalar(self, node: ast.expr, expected: ScalarType | None = None) -> Scalar:
        """The run-time value of an expression."""

    @abstractmethod
    def truth(self, node: ast.expr) -> Scalar:
        """The value of a condition."""

    @abstractmethod
    def generate(self, generators: list[ast.comprehension], depth: int) -> Iterator[None]:
        """Lower the code around each element of a generator."""

    @abstractmethod
    def condition(self, node: ast.expr, then: str, other: str) -> None:
        """Branch on a condition."""

    @abstractmethod
    def call(self, node: ast.Call, *, result_used: bool = True) -> Value:
        """What a call yields."""

    @abstractmethod
    def store(
        self, target: Storage, value: Scalar, node: ast.AST, kind: ir.Kind | None = None
    ) -> None:
        """Write a value to a place."""

    @abstractmethod
    def run_closure(self, closure: Closure, node: ast.AST) -> Value:
        """Evaluate a lambda."""

    @abstractmethod
    def statements(self, body: list[ast.stmt]) -> None:
        """Lower a block of statements."""

    @abstractmethod
    def convert(
        self, value: Value, to: ValueType, node: ast.AST, subject: ir.Place | None
    ) -> Scalar:
        """A value as one of a type: wrapped, checked, or refused."""


@functools.lru_cache(maxsize=4096)
def has_calls(statement: ast.stmt) -> bool:
    """Whether a statement, or one inside it, calls anything (nodes are compared by identity)."""
    return any(isinstance(n, ast.Call) for n in ast.walk(statement))


def statement_text(source: Source, node: ast.stmt) -> str:
    """A statement as the spec writes it, of a compound one the head, on one line."""
    lines = list(source.lines[node.lineno - 1 : (node.end_lineno or node.lineno)])
    body = getattr(node, "body", None)
    if body and isinstance(body, list):
        lines = lines[: max(body[0].lineno - node.lineno, 1)]
    elif node.end_col_offset is not None and lines:
        lines[-1:] = [lines[-1][: node.end_col_offset]] if len(lines) == 1 else lines[-1:]
    text = " ".join(line.split("  #")[0].strip() for line in lines)
    return text if len(text) <= 100 else text[:97] + "…"
