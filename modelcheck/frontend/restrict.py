"""A parsed file → the same file, or errors for what the language lacks (MC1xx).

One walk over the tree, before any name is looked up: what it lets through is all that the later
phases need to know of Python.  Declarations are here, statements and expressions in
`restrict_statements` and `restrict_expressions`.  Each refusal says why it is a rule and what to
write instead.
"""

from __future__ import annotations

import ast
import warnings

from modelcheck.diagnostics import Report, SpecError, did_you_mean
from modelcheck.frontend.names import DECORATORS, LATER_NAMES, RIGHT_NAMES
from modelcheck.frontend.parse import Source
from modelcheck.frontend.restrict_statements import StatementRules
from modelcheck.frontend.syntax_errors import translate_syntax_error

_FREE_CALLS = frozenset({"spec", "variant", "default", "allow"})
_DECLARING_CALLS = frozenset({"param", "flag", "shared", "pool", "per_thread"}) | RIGHT_NAMES
_CONSTANT_CALLS = frozenset({"min", "max", "abs", "len", "sum"})
_LIBRARIES = ("modelcheck.lang", "modelcheck.kernel", "modelcheck.storage")
_FUTURE_MODULE = "__future__"


def restrict(source: Source, report: Report) -> None:
    """Add to `report` an error for each construct outside the language, then stop there if any.

    Raises `SpecErrors`: nothing is declared or imported on the word of a file that is refused.
    """
    rules = _Rules(source)
    rules.check_names(source.tree)
    rules.check_file(source.tree.body)
    if not rules.errors:
        _check_by_python(source, rules.errors)
    for error in rules.errors:
        report.add(error)
    if rules.errors:
        report.stop()


def _check_by_python(source: Source, errors: list[SpecError]) -> None:
    """What Python's grammar allows and its compiler refuses: `break` outside a loop, say.

    Nothing runs: the code object is thrown away.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(source.text, source.shown, "exec", dont_inherit=True)
    except SyntaxError as error:
        errors.append(translate_syntax_error(error, source.lines, source.shown))


class _Rules(StatementRules):
    """The rules for declarations."""

    # -----------------------------------------------------------------------------------------
    # The top level

    def check_names(self, tree: ast.Module) -> None:
        """MC106: generated code has these names too, and look-alikes deceive a reader."""
        if self.source.text.isascii():
            return
        for node in ast.walk(tree):
            for name in _names_of(node):
                if not name.isascii():
                    self.refuse(
                        "MC106",
                        f"the name `{name}` has letters outside ASCII",
                        node,
                        note="letters that look alike would be different names",
                    )

    def check_file(self, body: list[ast.stmt]) -> None:
        """The statements of a file, of which only declarations are allowed."""
        for index, node in enumerate(body):
            if index == 0 and _is_string(node):
                continue
            self._check_declaration(node)

    def _check_declaration(self, node: ast.stmt) -> None:
        match node:
            case ast.Import() | ast.ImportFrom():
                self._check_import(node)
            case ast.FunctionDef():
                self._check_routine(node)
            case ast.ClassDef():
                self._check_class(node)
            case ast.AsyncFunctionDef():
                self.refuse_async(node)
            case ast.Assign(targets=[ast.Name()], value=value):
                self._check_start(value)
            case ast.Assign(targets=targets) if len(targets) > 1:
                self.refuse_chain(node)
            case ast.AnnAssign(target=ast.Name(), annotation=annotation, value=value):
                self.check_annotation(annotation)
                if value is not None:
                    self._check_start(value)
            case ast.Expr(value=ast.Call(func=ast.Name(id=name)) as call):
                if self.meaning(name) in _FREE_CALLS:
                    self.check_call(call)
                else:
                    self._refuse_top_level(node, f"the call of `{name}`")
            case ast.Expr(value=ast.Constant(value=str())):
                self.check_expression(node.value)
            case _:
                self._refuse_top_level(node, f"{_describe(node)}")

    def _refuse_top_level(self, node: ast.stmt, what: str) -> None:
        self.refuse(
            "MC105",
            f"{what} stands outside every routine",
            node,
            note="a file declares things; only threads and `@initial` routines do something",
            help="move it into a routine under `@thread` or `@initial`",
            head=True,
        )

    def _check_start(self, value: ast.expr) -> None:
        """The right side of a declaration: a declaring call or a constant."""
        if isinstance(value, ast.Call):
            name = self.called_name(value)
            if name not in _DECLARING_CALLS | _CONSTANT_CALLS:
                called = f"`{name}`" if name else "this"
                self.refuse(
                    "MC105",
                    f"the call of {called} stands outside every routine",
                    value,
                    note="a file declares things; only threads and `@initial` routines run",
                    help="declare with `shared`, `pool`, `per_thread`, `param` or `flag`",
                )
                return
        self.check_expression(value)

    def _check_import(self, node: ast.Import | ast.ImportFrom) -> None:
        if isinstance(node, ast.Import):
            self.refuse(
                "MC101",
                "modules are not imported whole",
                node,
                note="a spec is never run, so there is no module to hold on to",
                help="write `from modelcheck.kernel import …` with the names",
            )
            return
        module = node.module or ""
        if module == _FUTURE_MODULE and node.level == 0:
            for alias in node.names:
                if alias.name != "annotations":
                    self._refuse_module(alias, f"`{alias.name}` of `__future__`")
        elif node.level == 0 and not _is_library(module):
            self._refuse_module(node, f"`{module}`")
        elif any(alias.name == "*" for alias in node.names):
            self.refuse(
                "MC103",
                f"`*` hides which names come from `{'.' * node.level}{module}`",
                node,
                help="list the names",
            )

    def _refuse_module(self, node: ast.AST, what: str) -> None:
        enum = what == "`enum`"
        self.refuse(
            "MC102",
            f"{what} is not part of the language",
            node,
            note="what a spec means depends on its text and modelcheck's libraries alone",
            help="`Enum` comes from `modelcheck.lang`"
            if enum
            else "import from `modelcheck.lang`, `modelcheck.kernel`, `modelcheck.storage` or a "
            "relative module",
        )

    # -----------------------------------------------------------------------------------------
    # Classes

    def _check_class(self, node: ast.ClassDef) -> None:
        plain = [base for base in node.bases if isinstance(base, ast.Name)]
        is_enum = (
            [self.meaning(base.id) for base in plain] == ["Enum"] == ["Enum" for _ in node.bases]
        )
        names = [self._decorator_name(d) for d in node.decorator_list]
        is_struct = "struct" in names
        if is_struct == is_enum or node.bases[1:] or (is_struct and node.bases) or node.keywords:
            self._refuse_class(node, is_struct=is_struct, is_enum=is_enum)
            return
        if getattr(node, "type_params", None):
            self.refuse("MC112", "a struct takes no type parameters", node, head=True)
        for decorator in node.decorator_list:
            self._check_decorator(decorator, {"struct"} if is_struct else set())
        for index, child in enumerate(node.body):
            if not (index == 0 and _is_string(child)):
                self._check_field(child, is_struct=is_struct)

    def _refuse_class(self, node: ast.ClassDef, *, is_struct: bool, is_enum: bool) -> None:
        if is_struct and is_enum:
            self.refuse(
                "MC112",
                f"the class `{node.name}` is a struct and an enum at once",
                node,
                help="declare both, each under its own name",
                head=True,
            )
        elif is_struct:
            self.refuse(
                "MC112",
                f"the struct `{node.name}` is derived from something",
                node,
                note="structs have fields and no ancestors, as in C",
                help="embed the other struct as a field",
                head=True,
            )
        else:
            self.refuse(
                "MC112",
                f"the class `{node.name}` is neither a struct nor an enum",
                node,
                help=f"write `@struct` above it, or `class {node.name}(Enum):`",
                head=True,
            )

    def _check_field(self, node: ast.stmt, *, is_struct: bool) -> None:
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                self.refuse(
                    "MC110",
                    f"the method `{name}` stands in a class",
                    node,
                    note="structs are data, as in C",
                    help="write a routine that takes the struct: `def "
                    f"{name}(this: Ptr[…])`, outside the class",
                    head=True,
                )
            case ast.ClassDef():
                self.refuse_inner_class(node)
            case ast.AnnAssign(target=ast.Name(), annotation=annotation, value=value) if is_struct:
                self.check_annotation(annotation)
                if value is not None:
                    self.check_expression(value)
            case ast.Assign(targets=[ast.Name()], value=value) if not is_struct:
                self.check_expression(value)
            case ast.Pass():
                pass
            case ast.Expr(value=ast.Constant(value=str())):
                self.check_expression(node.value)
            case _:
                self.refuse(
                    "MC114",
                    "a struct has only fields" if is_struct else "an enum has only members",
                    node,
                    help="a field is `name: Type` or `name: Type = start`"
                    if is_struct
                    else "a member is `NAME = number`",
                    head=True,
                )

    # -----------------------------------------------------------------------------------------
    # Routines

    def _check_routine(self, node: ast.FunctionDef) -> None:
        known = (DECORATORS | LATER_NAMES) - {"struct"}
        for decorator in node.decorator_list:
            self._check_decorator(decorator, known)
        self._check_parameters(node)
        if node.returns is not None:
            self.check_annotation(node.returns)
        self.enter_routine(node)
        body = node.body[1:] if _is_string(node.body[0]) else node.body
        self.check_body(body)
        self.leave_routine()

    def _decorator_name(self, node: ast.expr) -> str:
        if isinstance(node, ast.Call):
            return self.called_name(node)
        return self.meaning(node.id) if isinstance(node, ast.Name) else ""

    def _check_decorator(self, node: ast.expr, known: frozenset[str] | set[str]) -> None:
        name = self._decorator_name(node)
        if name not in known:
            shown = ast.unparse(node.func if isinstance(node, ast.Call) else node)
            self.refuse(
                "MC113",
                f"`@{shown}` is no decorator of the language"
                if name not in DECORATORS
                else f"`@{shown}` does not belong here",
                node,
                note="a decorator says what a declaration is for; a spec's code is never run",
                help=did_you_mean(name, known),
            )
        elif isinstance(node, ast.Call):
            for argument in (*node.args, *(keyword.value for keyword in node.keywords)):
                self._check_decorator_argument(argument)

    def _check_decorator_argument(self, node: ast.expr) -> None:
        for inner in ast.walk(node):
            if isinstance(inner, ast.Call):
                name = self.called_name(inner)
                if name not in _CONSTANT_CALLS | {"places"}:
                    self.refuse(
                        "MC113",
                        f"a decorator may not call `{ast.unparse(inner.func)}`",
                        inner,
                        note="how many threads there are is known before anything runs",
                        help="use a number, a `param` or `places(T)`",
                    )
                    return
        self.check_expression(node, strings=True)

    def _check_parameters(self, node: ast.FunctionDef) -> None:
        arguments = node.args
        for kind, found in (
            ("takes any number of arguments", arguments.vararg),
            ("takes any named arguments", arguments.kwarg),
            ("can only be given by name", next(iter(arguments.kwonlyargs), None)),
            ("can only be given by position", next(iter(arguments.posonlyargs), None)),
        ):
            if found is not None:
                self.refuse(
                    "MC118",
                    f"the parameter `{found.arg}` {kind}",
                    found,
                    note="a routine has a fixed list of parameters, as in C",
                    help="give each parameter a name of its own",
                )
        for parameter in getattr(node, "type_params", ()):
            self.refuse(
                "MC118",
                "a routine takes no type parameters",
                parameter,
                help="leave the parameter without annotation: it takes any value",
            )
        for argument in (*arguments.args, *arguments.posonlyargs, *arguments.kwonlyargs):
            if argument.annotation is not None:
                self.check_annotation(argument.annotation)
        for default in (*arguments.defaults, *arguments.kw_defaults):
            if default is not None and not _is_constant(default):
                self.refuse(
                    "MC119",
                    "the default of a parameter must be a constant",
                    default,
                    note="Python evaluates it once, when the routine is declared",
                    help="use a number, `True`, `False`, `None` or a named constant",
                )


def _is_library(module: str) -> bool:
    return any(module == known or module.startswith(known + ".") for known in _LIBRARIES)


def _is_string(node: ast.stmt) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def _is_constant(node: ast.expr) -> bool:
    match node:
        case ast.Constant(value=value):
            return value is None or isinstance(value, int)
        case ast.Name():
            return True
        case ast.Attribute(value=value) | ast.UnaryOp(operand=value):
            return _is_constant(value)
        case ast.BinOp(left=left, right=right):
            return _is_constant(left) and _is_constant(right)
        case _:
            return False


def _names_of(node: ast.AST) -> tuple[str, ...]:
    match node:
        case ast.Name(id=name) | ast.arg(arg=name) | ast.Attribute(attr=name):
            return (name,)
        case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
            return (name,)
        case ast.alias(name=name, asname=other):
            return (other or name,)
        case ast.keyword(arg=str() as name):
            return (name,)
        case ast.Global(names=names):
            return tuple(names)
        case _:
            return ()


_WORDS: dict[type[ast.stmt], str] = {
    ast.If: "`if`",
    ast.For: "`for`",
    ast.While: "`while`",
    ast.With: "`with`",
    ast.Try: "`try`",
    ast.TryStar: "`try`",
    ast.Match: "`match`",
    ast.Assert: "`assert`",
    ast.Raise: "`raise`",
    ast.Delete: "`del`",
    ast.Global: "`global`",
    ast.Nonlocal: "`nonlocal`",
    ast.Pass: "`pass`",
    ast.Return: "`return`",
    ast.Break: "`break`",
    ast.Continue: "`continue`",
    ast.AsyncFor: "`async for`",
    ast.AsyncWith: "`async with`",
    ast.Assign: "an assignment to something that is no name",
    ast.AnnAssign: "an assignment to something that is no name",
    ast.AugAssign: "an assignment that changes a value",
}


def _describe(node: ast.stmt) -> str:
    return _WORDS.get(type(node), "this statement")
