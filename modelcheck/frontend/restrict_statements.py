"""The part of `restrict` that reads statements."""

from __future__ import annotations

import ast

from modelcheck.frontend.restrict_expressions import ExpressionRules


class StatementRules(ExpressionRules):
    """The rules for what stands in a routine."""

    def check_body(self, body: list[ast.stmt]) -> None:
        """The statements of a routine, or of a block in it."""
        for node in body:
            self._check_statement(node)

    def _check_statement(self, node: ast.stmt) -> None:
        match node:
            case ast.Pass() | ast.Break() | ast.Continue() | ast.Global():
                pass
            case ast.Return(value=value):
                if isinstance(value, ast.Tuple):
                    self.check_tuple(value)
                elif value is not None:
                    self.check_expression(value)
            case ast.Assign():
                self._check_assignment(node)
            case ast.AugAssign(target=target, op=op, value=value):
                self.check_target(target)
                self.check_operator(op, node, target, value)
                self.check_expression(value)
            case ast.AnnAssign(target=target, annotation=annotation, value=value):
                self.check_target(target)
                self.check_annotation(annotation)
                if value is not None:
                    self.check_expression(value)
            case ast.Expr(value=value):
                self._check_expression_statement(value)
            case ast.Assert(test=test, msg=message):
                self.check_expression(test)
                if message is not None:
                    self.check_expression(message, strings=True)
            case ast.If(test=test, body=body, orelse=orelse):
                self.check_expression(test)
                self.check_body(body)
                self.check_body(orelse)
            case ast.While(test=test, body=body, orelse=orelse):
                self.check_expression(test)
                self.check_body(body)
                self._check_loop_else(orelse, "while")
            case ast.For(target=target, iter=iterated, body=body, orelse=orelse):
                self.check_loop_variable(target)
                self.check_expression(iterated)
                self.check_body(body)
                self._check_loop_else(orelse, "for")
            case ast.With():
                self._check_with(node)
            case ast.Match(subject=subject, cases=cases):
                self.check_expression(subject)
                for case in cases:
                    self.check_pattern(case.pattern)
                    if case.guard is not None:
                        self.check_expression(case.guard)
                    self.check_body(case.body)
            case _:
                self._refuse_statement(node)

    def _check_assignment(self, node: ast.Assign) -> None:
        if len(node.targets) > 1:
            self.refuse_chain(node)
            return
        target = node.targets[0]
        self.check_target(target, tuples=True)
        if isinstance(node.value, ast.Tuple) and isinstance(target, ast.Tuple):
            self.check_tuple(node.value)
        else:
            self.check_expression(node.value)

    def refuse_chain(self, node: ast.Assign) -> None:
        """MC152."""
        self.refuse(
            "MC152",
            "several targets are assigned at once",
            node,
            note="each store to shared memory is a step of its own; the order should be seen",
            help="write one assignment below the other",
        )

    def _check_expression_statement(self, value: ast.expr) -> None:
        match value:
            case ast.Compare() | ast.BinOp() | ast.BoolOp() | ast.UnaryOp() | ast.IfExp():
                equality = isinstance(value, ast.Compare) and isinstance(value.ops[0], ast.Eq)
                self.refuse(
                    "MC128",
                    "the value of this is not used",
                    value,
                    help="an assignment is written `=`" if equality else "",
                )
            case ast.Constant(value=bool() | int() | None):
                self.refuse("MC128", "the value of this is not used", value)
            case ast.Tuple():
                self.refuse("MC128", "the values of this are not used", value)
            case _:
                self.check_expression(value)

    def _check_loop_else(self, orelse: list[ast.stmt], word: str) -> None:
        if orelse:
            self.refuse(
                "MC124",
                f"a `{word}` has no `else` here",
                orelse[0],
                note="few readers know that it means: no `break` happened",
                help="set a local before `break` and test it after the loop",
            )

    def _check_with(self, node: ast.With) -> None:
        items = node.items
        call = items[0].context_expr
        name = self.called_name(call)
        if len(items) > 1 or name != "atomic" or items[0].optional_vars is not None:
            self.refuse(
                "MC123",
                "`with` is only for `atomic(…)`",
                call,
                note="a `with` on anything else would hide the steps of its beginning and end",
                help="write `with atomic():`"
                if name == "atomic" or ast.unparse(call) == "atomic"
                else "call the lock and unlock routines, as the kernel does",
            )
        else:
            self.check_expression(call)
        self.check_body(node.body)

    def _refuse_statement(self, node: ast.stmt) -> None:
        match node:
            case ast.FunctionDef(name=name):
                self.refuse(
                    "MC111",
                    f"the routine `{name}` is declared inside another",
                    node,
                    note="there are no closures: a routine knows its parameters and the file",
                    help="move it to the top level; a condition can be given as `lambda: …`",
                    head=True,
                )
            case ast.ClassDef():
                self.refuse_inner_class(node)
            case ast.AsyncFunctionDef() | ast.AsyncFor() | ast.AsyncWith():
                self.refuse_async(node)
            case ast.Import() | ast.ImportFrom():
                self.refuse("MC104", "an import stands inside a routine", node, help="move it up")
            case ast.Try() | ast.TryStar():
                self.refuse(
                    "MC122",
                    "there are no exceptions to catch",
                    node,
                    note="what goes wrong in a step is a violation, and the trace ends there",
                    help="return a result and test it, as the kernel does",
                    head=True,
                )
            case ast.Raise():
                self.refuse(
                    "MC126",
                    "there are no exceptions to raise",
                    node,
                    help='write `assert condition, "name"` for what must hold',
                )
            case ast.Delete():
                self.refuse(
                    "MC125",
                    "names are not deleted",
                    node,
                    help="`free(p)` frees an object, `q.remove(x)` and `s.discard(x)` an element",
                )
            case ast.Nonlocal():
                self.refuse(
                    "MC127",
                    "`nonlocal` has nothing to name",
                    node,
                    note="routines do not nest",
                    help="a shared scalar is named by `global`",
                )
            case _:  # statements of newer Pythons
                self.refuse("MC127", "this statement is not part of the language", node, head=True)

    def refuse_inner_class(self, node: ast.ClassDef) -> None:
        """MC115."""
        self.refuse(
            "MC115",
            f"the class `{node.name}` is declared inside something",
            node,
            note="types are known in the whole file",
            help="move it to the top level",
            head=True,
        )
