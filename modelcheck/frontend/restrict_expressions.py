"""The part of `restrict` that reads expressions, patterns and assignment targets."""

from __future__ import annotations

import ast

from modelcheck.diagnostics import Span, SpecError
from modelcheck.frontend.parse import Source, span_of

# Calls of the language in which any string may stand, and keywords that take one anywhere.
_STRING_CALLS = frozenset(
    {"spec", "variant", "default", "allow", "label", "precedes", "container_of", "atomic"}
)
_STRING_KEYWORDS = frozenset({"because", "context", "needs", "violates", "also", "rmw"})
_TUPLE_KEYWORDS = frozenset({"stable", "violates", "also"})
_OVER_GENERATOR = frozenset({"all", "any", "sum", "min", "max", "choose"})


class ExpressionRules:
    """The rules for expressions; collects `errors`."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.errors: list[SpecError] = []
        self._imported = {
            alias.asname: alias.name
            for node in source.tree.body
            if isinstance(node, ast.ImportFrom)
            for alias in node.names
            if alias.asname
        }
        self._locals: frozenset[str] = frozenset()

    def refuse(
        self,
        code: str,
        message: str,
        node: ast.AST,
        *,
        note: str = "",
        help: str = "",
        head: bool = False,
    ) -> None:
        """Add an error at `node`; with `head` only its first line is marked."""
        span = span_of(node, self.source.shown)
        if head and span.end_line > span.line:
            end = len(self.source.lines[span.line - 1].split("#", 1)[0].rstrip())
            span = Span(span.path, span.line, span.col, span.line, max(end, span.col) + 1)
        self.errors.append(SpecError(code, message, span, note=note, help=help))

    def refuse_async(self, node: ast.AST) -> None:
        """MC116."""
        self.refuse(
            "MC116",
            "`async` and `await` are not part of the language",
            node,
            note="a thread's interleaving points are its steps",
            help="declare a `@thread`; wait with `wait_until(…)`",
            head=True,
        )

    def meaning(self, name: str) -> str:
        """What `name` was called where it was imported from."""
        return self._imported.get(name, name)

    def called_name(self, node: ast.expr) -> str:
        """What `node` calls, by the name it was imported from; empty where that has no name."""
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            return self.meaning(node.func.id)
        return ""

    def enter_routine(self, node: ast.FunctionDef) -> None:
        """From here on the names that `node` binds are no constants."""
        stored = (
            inner.id
            for inner in ast.walk(node)
            if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store)
        )
        arguments = (inner.arg for inner in ast.walk(node.args) if isinstance(inner, ast.arg))
        self._locals = frozenset(stored) | frozenset(arguments)

    def leave_routine(self) -> None:
        """Back at the top level."""
        self._locals = frozenset()

    # -----------------------------------------------------------------------------------------
    # Values

    def check_expression(self, node: ast.expr, *, strings: bool = False) -> None:
        """Refuse what is no value; `strings` where a string is one."""
        match node:
            case ast.Name():
                pass
            case ast.Constant():
                self._check_literal(node, strings=strings)
            case ast.Attribute(value=value):
                self.check_expression(value)
            case ast.Subscript(value=value, slice=index):
                self.check_expression(value)
                self._check_index(index)
            case ast.Call():
                self.check_call(node)
            case ast.BoolOp(values=values):
                for value in values:
                    self.check_expression(value)
            case ast.BinOp(left=left, op=op, right=right):
                self.check_expression(left)
                self.check_operator(op, node, left, right)
                self.check_expression(right)
            case ast.UnaryOp(operand=operand):
                self.check_expression(operand)
            case ast.Compare():
                self._check_comparison(node)
            case ast.IfExp(test=test, body=body, orelse=orelse):
                for value in (test, body, orelse):
                    self.check_expression(value)
            case ast.SetComp(elt=element, generators=generators):
                self._check_generators(element, generators)
            case ast.Set(elts=elements):
                for element in elements:
                    self.check_expression(element)
            case _:
                self._refuse_expression(node)

    def _check_literal(self, node: ast.Constant, *, strings: bool) -> None:
        match node.value:
            case bool() | int() | None:
                pass
            case str():
                if not strings:
                    self.refuse(
                        "MC141",
                        "a string is no value",
                        node,
                        note="the kernel's states are numbers, flags and pointers",
                        help="declare `class Mode(Enum):` for a choice of names; comment with `#`",
                    )
            case float() | complex():
                self.refuse(
                    "MC138",
                    f"`{ast.unparse(node)}` is no integer",
                    node,
                    note="the kernel does not compute in floating point",
                    help="scale it to an integer",
                )
            case bytes():
                self.refuse(
                    "MC139", "bytes are no value", node, help="use an `Array[U8] = array(n)` field"
                )
            case _:
                self.refuse("MC142", "`...` is no value", node, help="an empty body is `pass`")

    def _check_index(self, node: ast.expr) -> None:
        if isinstance(node, ast.Slice):
            self.refuse(
                "MC144",
                "an array is not cut into slices",
                node,
                note="one step touches one element",
                help="write the loop over the indices",
            )
        else:
            self.check_expression(node)

    def check_operator(
        self, op: ast.operator, node: ast.AST, left: ast.expr, right: ast.expr
    ) -> None:
        """Refuse the arithmetic that has no meaning on bounded integers."""
        match op:
            case ast.MatMult():
                self.refuse("MC147", "there is no matrix product", node)
            case ast.Div():
                self.refuse(
                    "MC148",
                    "`/` gives a fraction",
                    node,
                    note="all numbers are integers",
                    help="write `//`, which rounds down",
                )
            case ast.Pow():
                if not (self._may_be_constant(left) and self._may_be_constant(right)):
                    self.refuse(
                        "MC149",
                        "`**` is for constants only",
                        node,
                        note="the result could not be bounded",
                        help="write `1 << n` for a power of two",
                    )
            case _:
                pass

    def _may_be_constant(self, node: ast.expr) -> bool:
        match node:
            case ast.Constant():
                return True
            case ast.Name(id=name):
                return name not in self._locals
            case ast.UnaryOp(operand=operand):
                return self._may_be_constant(operand)
            case ast.BinOp(left=left, right=right):
                return self._may_be_constant(left) and self._may_be_constant(right)
            case _:
                return False

    def _check_comparison(self, node: ast.Compare) -> None:
        operands = (node.left, *node.comparators)
        for index, op in enumerate(node.ops):
            if isinstance(op, ast.Is | ast.IsNot):
                for side in operands[index : index + 2]:
                    if isinstance(side, ast.Constant) and side.value is not None:
                        sign = "==" if isinstance(op, ast.Is) else "!="
                        self.refuse(
                            "MC143",
                            f"`is` does not compare with `{ast.unparse(side)}`",
                            node,
                            note="`is` asks whether two pointers name one object, or none",
                            help=f"write `{sign}`; a Bool is its own condition",
                        )
                        break
        for index, operand in enumerate(operands):
            asked = index > 0 and isinstance(node.ops[index - 1], ast.In | ast.NotIn)
            if asked and isinstance(operand, ast.Tuple):
                self.check_tuple(operand)
            else:
                self.check_expression(operand)

    def check_tuple(self, node: ast.Tuple, *, strings: bool = False) -> None:
        """A tuple where one is allowed: its elements are values."""
        for element in node.elts:
            self.check_expression(element, strings=strings)

    # -----------------------------------------------------------------------------------------
    # Calls

    def check_call(self, node: ast.Call) -> None:
        """A call of something named, its arguments values, conditions or generators."""
        name = self.called_name(node)
        match node.func:
            case ast.Name():
                pass
            case ast.Attribute() | ast.Subscript():
                self.check_expression(node.func)
            case _:
                self.refuse(
                    "MC150",
                    "what is called here has no name",
                    node.func,
                    note="a call is inlined, so it must be plain which routine it runs",
                    help="call a routine, a parameter or an `Fn` field",
                )
        for argument in node.args:
            self._check_argument(argument, name, None)
        for keyword in node.keywords:
            if keyword.arg is None:
                self._refuse_star(keyword.value, "**")
            else:
                self._check_argument(keyword.value, name, keyword.arg)

    def _check_argument(self, node: ast.expr, name: str, keyword: str | None) -> None:
        strings = name in _STRING_CALLS or keyword in _STRING_KEYWORDS
        match node:
            case ast.GeneratorExp(elt=element, generators=generators) if (
                name in _OVER_GENERATOR and keyword is None
            ):
                self._check_generators(element, generators)
            case ast.Tuple() if keyword in _TUPLE_KEYWORDS:
                self.check_tuple(node, strings=strings)
            case ast.Lambda(args=parameters, body=body):
                if (
                    parameters.args
                    or parameters.vararg
                    or parameters.kwonlyargs
                    or (parameters.kwarg or parameters.posonlyargs)
                ):
                    self.refuse(
                        "MC134",
                        "a `lambda` takes no parameters here",
                        node,
                        note="it stands for a condition that is evaluated later, as a macro's",
                        help="write a routine and give its name",
                    )
                else:
                    self.check_expression(body)
            case _:
                self.check_expression(node, strings=strings)

    def _check_generators(self, element: ast.expr, generators: list[ast.comprehension]) -> None:
        for generator in generators:
            if generator.is_async:
                self.refuse_async(generator.target)
            self.check_loop_variable(generator.target)
            self.check_expression(generator.iter)
            for condition in generator.ifs:
                self.check_expression(condition)
        self.check_expression(element)

    def _refuse_star(self, node: ast.AST, star: str) -> None:
        self.refuse(
            "MC133",
            f"`{star}` spreads a value over several",
            node,
            note="how many values there are must be plain from the text",
            help="write each one",
        )

    # -----------------------------------------------------------------------------------------
    # Expressions that never are values

    def _refuse_expression(self, node: ast.expr) -> None:
        match node:
            case ast.NamedExpr(target=target):
                self.refuse(
                    "MC132",
                    f"`{target.id} :=` assigns inside an expression",
                    node,
                    note="steps are easier to see one below the other",
                    help="assign before, on a line of its own",
                )
            case ast.Lambda():
                self.refuse(
                    "MC135",
                    "a `lambda` stands only as an argument of a call",
                    node,
                    help="write a routine with `def`",
                )
            case ast.ListComp() | ast.DictComp():
                self.refuse(
                    "MC136",
                    "this builds a list or a dict, and there are none",
                    node,
                    note="memory is declared, with its size",
                    help="use a `Set`, an `Array` or `Queue` field, or a generator inside "
                    "`all any sum min max choose`",
                )
            case ast.GeneratorExp():
                self.refuse(
                    "MC137",
                    "a generator stands only inside `all any sum min max choose`",
                    node,
                    help="write `{x for x in …}` for a set, else the loop",
                )
            case ast.List() | ast.Dict():
                self.refuse(
                    "MC145",
                    "there are no lists and dicts",
                    node,
                    note="memory is declared, with its size",
                    help="declare a struct with an `Array` or `Queue` field",
                )
            case ast.Tuple():
                self.refuse(
                    "MC146",
                    "a tuple is no value",
                    node,
                    note="it stands only after `return`, in `a, b = …`, in `x in (A, B)`, and in "
                    "`stable=`, `violates=`, `also=`",
                    help="use a struct",
                )
            case ast.Starred(value=value):
                self._refuse_star(value, "*")
            case ast.Await():
                self.refuse_async(node)
            case ast.Yield() | ast.YieldFrom():
                self.refuse(
                    "MC117",
                    "routines do not yield",
                    node,
                    note="a thread stops between its steps by itself",
                    help="declare a `@thread`, or call the routine for each element",
                )
            case ast.Slice():
                self._check_index(node)
            case _:  # f-strings, and what newer Pythons put beside them
                self.refuse(
                    "MC140",
                    "texts are not put together",
                    node,
                    note="a spec prints nothing; a trace shows the values anyway",
                    help="write the text out",
                )

    # -----------------------------------------------------------------------------------------
    # Targets, patterns, types

    def check_target(self, node: ast.expr, *, tuples: bool = False) -> None:
        """What stands left of `=`: a name, field or element, or with `tuples` several of them."""
        match node:
            case ast.Name():
                pass
            case ast.Attribute() | ast.Subscript():
                self.check_expression(node)
            case ast.Tuple(elts=elements) if tuples:
                for element in elements:
                    self.check_target(element)
            case ast.Starred():
                self._refuse_star(node, "*")
            case _:
                self._refuse_target(node, "write `a, b = …` with names, fields or elements")

    def check_loop_variable(self, node: ast.expr) -> None:
        """What a `for` assigns: one name."""
        if not isinstance(node, ast.Name):
            self._refuse_target(node, "loop over `x` and take its parts in the body")

    def _refuse_target(self, node: ast.expr, help: str) -> None:
        self.refuse(
            "MC131",
            "this cannot be assigned to here",
            node,
            note="values do not nest, so there is nothing to take apart",
            help=help,
        )

    def check_pattern(self, node: ast.pattern) -> None:
        """A `case`: values, `_`, and several of them with `|`."""
        match node:
            case ast.MatchValue(value=value):
                self.check_expression(value)
            case ast.MatchSingleton() | ast.MatchAs(pattern=None, name=None):
                pass
            case ast.MatchOr(patterns=patterns):
                for pattern in patterns:
                    self.check_pattern(pattern)
            case ast.MatchAs(pattern=None, name=name):
                self.refuse(
                    "MC129",
                    f"`case {name}` matches everything and assigns it to `{name}`",
                    node,
                    note="Python takes a bare name in a `case` for a new variable",
                    help="write an enum member as `Mode.READ`, a constant with `if`, else `_`",
                )
            case _:
                self.refuse(
                    "MC129",
                    "this pattern looks inside a value",
                    node,
                    note="values have no parts",
                    help="match numbers and enum members, `|` between them, and `_`",
                )

    def check_annotation(self, node: ast.expr) -> None:
        """A type: a name, `Ptr[T]` and the like, or one of these in quotes."""
        match node:
            case ast.Name() | ast.Constant(value=None):
                return
            case ast.Attribute(value=value):
                self.check_annotation(value)
                return
            case ast.Subscript(value=ast.Name(), slice=ast.Tuple(elts=elements)):
                for element in elements:
                    self.check_annotation(element)
                return
            case ast.Subscript(value=ast.Name(), slice=inner):
                self.check_annotation(inner)
                return
            case ast.Constant(value=str() as text):
                if _is_quoted_type(text):
                    return
            case _:
                pass
        self.refuse(
            "MC151",
            f"`{ast.unparse(node)[:60]}` is no type",
            node,
            note="types stand left of `=`; numbers and start values right of it",
            help="`x: U8 = 3`, `a: Array[U8] = array(4)`, `n: Int = between(0, 9)`",
        )


def _is_quoted_type(text: str) -> bool:
    try:
        inner = ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    match inner:
        case ast.Name():
            return True
        case ast.Subscript(value=ast.Name(), slice=ast.Name() | ast.Subscript() | ast.Constant()):
            return True
        case _:
            return False
