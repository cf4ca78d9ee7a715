"""Statements: which part of the language each form belongs to; `atomic`, asserts, returns."""

from __future__ import annotations

import ast
from collections import deque
from collections.abc import Iterator

from modelcheck.diagnostics import InternalError, SpecError
from modelcheck.frontend.constants import Reported
from modelcheck.frontend.lowering.arguments import reads_memory
from modelcheck.frontend.lowering.branches import Branches
from modelcheck.frontend.lowering.context import ATOMIC, Mode
from modelcheck.frontend.lowering.expressions import UNKNOWN
from modelcheck.frontend.values import (
    NoneValue,
    Scalar,
    Storage,
    Value,
)
from modelcheck.ir import nodes as ir
from modelcheck.ir.types import (
    ArrayOf,
    Embedded,
    QueueOf,
)


class Statements(Branches):
    """Everything a routine's body can contain."""

    def statements(self, body: list[ast.stmt]) -> None:
        """Lower statements in order; an error in one does not hide those in others."""
        for statement in body:
            if not self.builder.reachable:
                return
            outer, self.frame.statement = self.frame.statement, statement
            try:
                self.statement(statement)
            except Reported:
                self.recover(statement)
            except SpecError as error:
                self.report.add(error)
                self.recover(statement)
            self.frame.statement = outer

    def recover(self, statement: ast.stmt) -> None:
        """After an error: names it would have bound count as assigned, to say it once."""
        for node in ast.walk(statement):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                self.frame.assigned.add(node.id)
                self.frame.names.setdefault(node.id, UNKNOWN)
        if isinstance(statement, ast.Return):
            self.builder.current = None
            self.frame.failed_return = True
        elif not self.builder.reachable:
            self.builder.open(self.builder.fresh_label())

    def statement(self, node: ast.stmt) -> None:
        """Lower one statement."""
        match node:
            case ast.Assign(targets=[target], value=value):
                self.assign(target, value, node)
            case ast.Assign(targets=targets, value=value):
                kept = self.materialised(self.settled(value), node)
                for target in targets:
                    self.assign_value(target, kept, node)
            case ast.AugAssign():
                self.augmented(node)
            case ast.AnnAssign():
                self.annotated_assign(node)
            case ast.Expr(value=ast.Constant()) | ast.Pass():
                pass
            case ast.Expr(value=ast.Call() as value):
                self.settle(self.call(value, result_used=False), value)
            case ast.Expr(value=value):
                self.settled(value)
            case ast.If():
                self.if_statement(node)
            case ast.While():
                self.while_statement(node)
            case ast.For():
                self.for_statement(node)
            case ast.Match():
                self.match_statement(node)
            case ast.With():
                self.with_statement(node)
            case ast.Return(value=value):
                self.return_statement(value, node)
            case ast.Break() | ast.Continue():
                self.leave_loop(node)
            case ast.Assert():
                self.assert_statement(node)
            case ast.Global(names=names):
                self.frame.globals.update(names)
            case _:
                raise InternalError(f"{self.span(node)}: `restrict` let this statement through")

    def with_statement(self, node: ast.With) -> None:
        """`with atomic():`: the body is one step."""
        call = node.items[0].context_expr
        assert isinstance(call, ast.Call)
        if self.world.called(self.frame.module, call) != "atomic":
            raise self.fail("MC123", "only `with atomic():` opens a block", node)
        if self.mode.pure:
            raise self.fail("MC303", f"`atomic` has no meaning in {self.mode.where}", node)
        because = rmw = ""
        for keyword in call.keywords:
            text = self.text_argument(keyword.value)
            if keyword.arg == "because":
                because = text
            elif keyword.arg == "rmw":
                if text not in ("relaxed", "acquire", "release", "full"):
                    raise self.fail("MC296", "`rmw=` is relaxed, acquire, release or full", keyword)
                rmw = text
            else:
                raise self.fail("MC268", f"`atomic` has no parameter `{keyword.arg}`", call)
        if self.builder.inner:
            self.statements(node.body)
            return
        builder = self.builder
        saved = (builder.atomic, builder.rmw, self.because)
        builder.atomic, builder.rmw, self.because = True, rmw, because
        self.begin_step(node)
        with (
            builder.inside_step(atomic=True, rmw=rmw),
            self.in_mode(ATOMIC if self.mode.name == "thread" else self.mode),
        ):
            self.statements(node.body)
        builder.atomic, builder.rmw, self.because = saved
        builder.leave_step(self.span(node))

    def assert_statement(self, node: ast.Assert) -> None:
        """`assert c, "name: detail"`: one step of its own where it looks at shared memory."""
        if self.is_survey:
            return
        name, detail = self.assert_name(node)
        span = self.span(node)
        mode = Mode("pure", ir.Kind.SILENT, ghosts=True, where="an assert")
        if self.mode.name == "thread":
            with self.trying(), self.in_mode(mode), self.builder.inside_step():
                mark = self.builder.mark()
                value = self.truth(node.test)
                touched = reads_memory(value.expr) or self.builder.touched_since(mark, reads_memory)
            if touched:
                self.begin_step(node)
                with self.in_mode(mode), self.builder.inside_step():
                    self.emit_assert(node, name, detail)
                self.builder.leave_step(span)
                return
        with self.in_mode(mode):
            self.emit_assert(node, name, detail)

    def emit_assert(self, node: ast.Assert, name: str, detail: str) -> None:
        """The check itself, in whatever step is open."""
        if self.in_property:
            raise self.fail(
                "MC303",
                f"an assert must not stand in {self.mode.where}",
                node,
                note="a property is what holds; it returns a condition",
            )
        value = self.truth(node.test)
        if value.constant == 1:
            return
        self.builder.emit(
            ir.Assert(value.expr, name, detail, self.subject_of(node.test), span=self.span(node))
        )

    def subject_of(self, test: ast.expr) -> ir.Place | None:
        """What an assert is about: the first struct that its condition names."""
        for node in _walk_outside_generators(test):
            if isinstance(node, ast.Attribute):
                # Nothing is kept on the way: what is tried leaves no temporaries.
                looking = Mode("pure", ir.Kind.SILENT, ghosts=True, where="an assert")
                with self.trying(), self.in_mode(looking):
                    try:
                        value = self.value(node)
                    except SpecError:
                        return None
                    if isinstance(value, Storage):
                        return ir.Place(value.place.root)
        return None

    def assert_name(self, node: ast.Assert) -> tuple[str, str]:
        """The property an assert belongs to, and the detail."""
        if node.msg is None:
            raise self.fail(
                "MC307",
                "an assert needs the name of its property",
                node,
                help='write `assert …, "name"` or `"name: detail"`',
            )
        text = self.text_argument(node.msg)
        name, _, detail = (part.strip() for part in text.partition(":"))
        self.require_property_name(name, node.msg)
        return name, detail

    def return_statement(self, value: ast.expr | None, node: ast.Return) -> None:
        """`return`: of a thread its end, of a property its value, else the routine's result."""
        frame = self.frame
        if frame.return_label == "end":
            if value is not None:
                raise self.fail("MC297", "a thread returns nothing", node)
            self.end_thread(node)
            return
        if frame.return_label == "property":
            if value is None:
                raise self.fail("MC310", "a property returns a condition", node)
            with self.builder.inside_step():
                result = self.truth(value)
            self.builder.close(ir.Return(result.expr, span=self.span(node)))
            return
        if value is None:
            self.give_back(None, node)
            return
        found = self.settled(value)
        annotation = frame.node.returns if frame.node else None
        if annotation is not None and isinstance(found, (Scalar, NoneValue)):
            found = self.as_annotated(found, annotation, node)
        self.give_back(found, node)

    def as_annotated(self, found: Scalar | NoneValue, annotation: ast.expr, node: ast.AST) -> Value:
        """A returned value as the routine's annotation says."""
        if isinstance(annotation, ast.Constant) and annotation.value is None:
            return found
        if isinstance(annotation, ast.Subscript) and ast.unparse(annotation.value) == "tuple":
            return found
        of = self.world.type_of(self.frame.module, annotation)
        if isinstance(of.type, (Embedded, ArrayOf, QueueOf)) or not of.bounded:
            return found
        return self.convert(found, of.type, node, None)


def _walk_outside_generators(node: ast.AST) -> Iterator[ast.AST]:
    """All nodes but those in generators, whose variables are known only there."""
    todo = deque([node])
    while todo:
        found = todo.popleft()
        if not isinstance(found, ast.GeneratorExp | ast.SetComp | ast.Lambda):
            todo.extend(ast.iter_child_nodes(found))
            yield found
