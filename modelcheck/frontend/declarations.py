"""What single declarations stand for: settings, objects, structs, enums, threads."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, replace

from modelcheck.diagnostics import Related, Report, Span, SpecError, did_you_mean
from modelcheck.frontend.census import Key, make_key
from modelcheck.frontend.constants import ConstantReader
from modelcheck.frontend.kinds import (
    literal,
    same_family,
    show_setting,
    show_type,
    strip_array,
)
from modelcheck.frontend.modules import Decl, Module, Modules
from modelcheck.frontend.names import CONTEXTS
from modelcheck.frontend.spec import SettingValue
from modelcheck.frontend.values import (
    EnumClass,
    NoneValue,
    ObjectArray,
    Pool,
    Routine,
    Scalar,
    Storage,
    ThreadName,
    TypeName,
    Value,
)
from modelcheck.ir import nodes as ir
from modelcheck.ir.types import (
    BOOL,
    FN,
    ArrayOf,
    BoolType,
    Embedded,
    EnumType,
    FnType,
    PtrType,
    QueueOf,
    RangeType,
    ThreadIdType,
    ValueType,
    WordType,
)


@dataclass(frozen=True, slots=True)
class ThreadDecl:
    """A `@thread`: `each` is the struct whose places each get a copy."""

    name: str
    node: ast.FunctionDef
    module: Module
    count: int
    spawned: bool
    each: str
    context: str
    interrupts: str
    span: Span


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """A type and start value as written: `x: U8 = ghost(3)`."""

    type: ValueType
    start: int
    ghost: bool
    durable: bool


class Declarations(ConstantReader):
    """The declarations made so far; subclasses resolve names.

    `settings` gives values to parameters and flags by name; others have their defaults.
    Errors are collected in `report`; what is wrong resolves to None.
    """

    def __init__(
        self, modules: Modules, main: Module, settings: Mapping[str, SettingValue], report: Report
    ) -> None:
        self.modules = modules
        self.main = main
        self.settings = settings
        self.report = report
        self.structs: dict[str, ir.Struct] = {}
        self.struct_keys: dict[str, Key] = {}
        self.objects: dict[str, ir.Object] = {}
        self.threads: dict[str, ThreadDecl] = {}
        self.routine_numbers: dict[str, int] = {}
        self.routine_values: dict[str, Routine] = {}
        self.freed: set[str] = set()  # structs that some routine frees
        self.used_settings: dict[str, SettingValue] = {}
        self._values: dict[tuple[str, str], Value | None] = {}
        self._resolving: list[tuple[str, str]] = []
        self._owner: dict[str, Module] = {}

    def _declared(
        self, module: Module, decl: Decl, value: ast.expr | None, annotation: ast.expr | None
    ) -> Value | None:
        call = value if isinstance(value, ast.Call) else None
        name = self.called(module, call) if call else ""
        if call is not None and name in ("param", "flag"):
            return self.setting(module, decl, call)
        if call is not None and name in ("shared", "pool", "per_thread"):
            return self._object(module, decl, call, name)
        if annotation is not None:
            if call is None:  # an annotated constant
                return self.constant(module, value) if value is not None else None
            return self._ghost(module, decl, annotation, call)
        raise SpecError(
            "MC207",
            f"`{decl.name}` declares nothing the language knows",
            decl.span,
            help="use `shared(…)`, `pool(…)`, `per_thread(…)`, `param(…)`, `flag(…)`, a constant",
        )

    def _unique(self, module: Module, name: str) -> str:
        owner = self._owner.get(name)
        if owner is None or owner is module:
            self._owner[name] = module
            return name
        longer = f"{module.prefix}.{name}"
        self._owner[longer] = module
        return longer

    def _object(
        self,
        module: Module,
        decl: Decl,
        call: ast.Call,
        kind: str,
    ) -> Value | None:
        if not call.args:
            raise SpecError("MC208", f"`{kind}()` needs a type", module.span(call))
        of = self.object_type(module, call.args[0])
        count: int | None = None
        reuse = False
        stable: tuple[str, ...] = ()
        starts: list[tuple[int, tuple[str | ir.Expr, ...], ir.Expr]] = []
        name = self._unique(module, decl.name)
        for index, arg in enumerate(call.args[1:]):
            if index or isinstance(of, Embedded) or kind != "shared":
                raise SpecError(
                    "MC209",
                    f"`{kind}()` takes a type and named values",
                    module.span(arg),
                    help="write `count=…`, or `field=value`",
                )
            starts.append((0, (), self.start_value(module, arg, of)))
        for keyword in call.keywords:
            match keyword.arg:
                case "count" if kind != "per_thread":
                    count = self.number(module, keyword.value, least=0)
                case "reuse" if kind == "pool":
                    reuse = bool(self.number(module, keyword.value))
                case "stable" if kind == "pool":
                    stable = self.field_names(module, keyword.value, of)
                case "start" if not isinstance(of, Embedded):
                    starts.append((0, (), self.start_value(module, keyword.value, of)))
                case field if field is not None and isinstance(of, Embedded) and kind != "pool":
                    described = self.field_of(of.struct, field, module.span(keyword))
                    starts.append(
                        (0, (field,), self.start_value(module, keyword.value, described.type))
                    )
                case field:
                    raise SpecError(
                        "MC210",
                        f"`{kind}()` has no `{field}=`",
                        module.span(keyword),
                        help=did_you_mean(field or "", ["count", "reuse", "stable", "start"]),
                    )
        if kind == "pool":
            if not isinstance(of, Embedded):
                raise SpecError("MC211", "a pool holds structs", module.span(call.args[0]))
            if count is None:
                raise SpecError(
                    "MC212",
                    "a pool needs `count=`, the number of its slots",
                    module.span(call),
                    note="without `reuse=True` a freed slot never comes back",
                )
        if isinstance(of, RangeType) and not (of.lo <= 0 <= of.hi) and not starts:
            starts.append((0, (), ir.Const(of.lo, of)))
        if count is not None:
            starts = [(i, path, value) for i in range(count) for _, path, value in starts]
        self.objects[name] = ir.Object(
            name,
            "shared" if kind == "shared" else "pool" if kind == "pool" else "per_thread",
            of,
            count,
            reuse=reuse,
            stable=stable,
            start=tuple(starts),
            span=decl.span,
        )
        if kind == "pool":
            assert isinstance(of, Embedded)
            return Pool(name, of.struct)
        if kind == "per_thread":
            return ObjectArray(name, of, -1, per_thread=True)
        if count is not None:
            return ObjectArray(name, of, count)
        return self.object_storage(name, of)

    def object_storage(self, name: str, of: ValueType) -> Storage:
        """A single object as a place."""
        obj = self.objects[name]
        return Storage(ir.Place(ir.ObjectRoot(name)), of, ghost=obj.ghost, shown=name)

    def _ghost(
        self, module: Module, decl: Decl, annotation: ast.expr, call: ast.Call
    ) -> Value | None:
        field = self.field_spec(module, annotation, call, decl.span)
        if not (field.ghost or field.durable):
            raise SpecError(
                "MC213",
                f"`{decl.name}` is neither shared nor ghost",
                decl.span,
                help=f"write `{decl.name} = shared(…)`, or `= ghost(…)` for a property's variable",
            )
        name = self._unique(module, decl.name)
        of: ValueType = field.type
        count: int | None = None
        if isinstance(field.type, ArrayOf):
            of, count = field.type.element, field.type.count
        if isinstance(of, (QueueOf, ArrayOf)):
            raise SpecError(
                "MC214",
                f"`{decl.name}` cannot be a queue of its own",
                decl.span,
                help="put it into a struct with a ghost field",
            )
        start: tuple[tuple[int, tuple[str | ir.Expr, ...], ir.Expr], ...] = ()
        if field.start and not isinstance(of, Embedded):
            start = tuple((i, (), ir.Const(field.start, of)) for i in range(count or 1))
        self.objects[name] = ir.Object(
            name,
            "shared",
            of,
            count,
            ghost=field.ghost,
            durable=field.durable,
            start=start,
            span=decl.span,
        )
        if count is not None:
            return ObjectArray(name, of, count, ghost=field.ghost)
        return self.object_storage(name, of)

    def _struct(self, module: Module, decl: Decl, node: ast.ClassDef) -> TypeName:
        name = self._unique(module, decl.name)
        marked = False
        for decorator in node.decorator_list:
            if isinstance(decorator, ast.Call):
                for keyword in decorator.keywords:
                    if keyword.arg != "marked":
                        raise SpecError(
                            "MC210", f"`struct()` has no `{keyword.arg}=`", module.span(keyword)
                        )
                    marked = bool(self.number(module, keyword.value))
        # Registered first: a field may point to its own struct.
        self.structs[name] = ir.Struct(name, (), marked, module.library, span=decl.span)
        self.struct_keys[name] = make_key(module, decl)
        self._values[(str(module.source.path), decl.name)] = TypeName(Embedded(name))
        found: dict[str, ir.Field] = {}
        for item in node.body:
            if not isinstance(item, ast.AnnAssign) or not isinstance(item.target, ast.Name):
                continue
            if item.target.id in found:
                self.error(
                    "MC202", f"`{item.target.id}` is declared twice", module.span(item.target)
                )
                continue
            try:
                spec = self.field_spec(module, item.annotation, item.value, module.span(item))
            except SpecError as error:
                self.report.add(error)
                continue
            inner = strip_array(spec.type)
            if isinstance(inner, Embedded) and self._embeds(inner.struct, name):
                self.error(
                    "MC215",
                    f"`{name}` would contain itself",
                    module.span(item),
                    help=f"keep a `Ptr[{inner.struct}]`",
                )
                continue
            found[item.target.id] = ir.Field(
                item.target.id, spec.type, spec.start, spec.ghost, spec.durable
            )
            fields = tuple(found.values())
            self.structs[name] = ir.Struct(name, fields, marked, module.library, span=decl.span)
        return TypeName(Embedded(name))

    def _embeds(self, outer: str, inner: str) -> bool:
        if outer == inner:
            return True
        return any(
            self._embeds(of.struct, inner)
            for of in (strip_array(f.type) for f in self.structs[outer].fields)
            if isinstance(of, Embedded)
        )

    def _enum(self, module: Module, node: ast.ClassDef) -> EnumClass:
        members = [
            item.targets[0].id
            for item in node.body
            if isinstance(item, ast.Assign) and isinstance(item.targets[0], ast.Name)
        ]
        if not members:
            raise SpecError("MC216", f"the enum `{node.name}` has no members", module.span(node))
        return EnumClass(EnumType(node.name, tuple(members)))

    def _function(self, module: Module, decl: Decl, node: ast.FunctionDef) -> Value | None:
        kinds = [module.word(d) for d in node.decorator_list]
        if "thread" in kinds:
            thread = self._thread(module, decl, node)
            return ThreadName(thread.name, thread.count)
        return Routine(decl.name, node, module, observer="observer" in kinds)

    def _thread(self, module: Module, decl: Decl, node: ast.FunctionDef) -> ThreadDecl:
        count, spawned, each, context, interrupts = 1, False, "", "task", ""
        for decorator in node.decorator_list:
            if not isinstance(decorator, ast.Call) or module.word(decorator) != "thread":
                continue
            for keyword in decorator.keywords:
                span = module.span(keyword)
                match keyword.arg:
                    case "count":
                        count = self.number(module, keyword.value, least=0)
                    case "spawned":
                        count, spawned = self.number(module, keyword.value, least=0), True
                    case "each":
                        of = self.object_type(module, keyword.value)
                        if not isinstance(of, Embedded):
                            raise SpecError("MC217", "`each=` takes a struct", span)
                        each = of.struct
                        count = self.count_places(of.struct)
                    case "context":
                        context = self.context_name(module, keyword.value)
                    case "interrupts":
                        target = self.constant(module, keyword.value)
                        if not isinstance(target, ThreadName):
                            raise SpecError(
                                "MC218", "`interrupts=` takes a thread declared above", span
                            )
                        interrupts = target.name
                    case other:
                        raise SpecError(
                            "MC210",
                            f"`thread()` has no `{other}=`",
                            span,
                            help=did_you_mean(
                                other or "", ["count", "spawned", "each", "context", "interrupts"]
                            ),
                        )
        name = self._unique(module, decl.name)
        thread = ThreadDecl(
            name, node, module, count, spawned, each, context, interrupts, decl.span
        )
        if interrupts:
            if context not in ("hardirq", "softirq"):
                context = "hardirq"
                thread = ThreadDecl(
                    name, node, module, count, spawned, each, context, interrupts, decl.span
                )
            others = self.threads[interrupts].count
            if others == 0:  # no CPU to run on
                thread = replace(thread, count=0)
            elif others not in (1, count):
                raise SpecError(
                    "MC219",
                    f"`{name}` has {count} copies and `{interrupts}` {others}",
                    decl.span,
                    note="copy i of a handler runs on the CPU of copy i",
                    help="give both the same count, or the thread one copy",
                )
        self.threads[name] = thread
        return thread

    def context_name(self, module: Module, node: ast.expr) -> str:
        """The argument of `context=`: a string, or a member of Context."""
        value = node.value if isinstance(node, ast.Constant) else None
        if value is None:
            scalar = self.constant(module, node)
            if isinstance(scalar, Scalar) and isinstance(scalar.type, EnumType):
                value = scalar.type.members[scalar.constant or 0].lower()
        if value not in CONTEXTS:
            raise SpecError(
                "MC220",
                "`context=` says task, kthread, softirq or hardirq",
                module.span(node),
                help=did_you_mean(str(value), CONTEXTS),
            )
        return str(value)

    def field_of(self, struct: str, name: str, span: Span) -> ir.Field:
        """A field by name; raises MC221 with the nearest name."""
        fields = self.structs[struct].fields
        for field in fields:
            if field.name == name:
                return field
        raise SpecError(
            "MC221",
            f"`{struct}` has no field `{name}`",
            span,
            help=did_you_mean(name, [f.name for f in fields]),
            related=(Related(self.structs[struct].span, f"`{struct}` is declared here"),),
        )

    def routine_number(self, routine: Routine) -> int:
        """The Fn value of a routine."""
        name = routine.name
        if name in self.routine_values and self.routine_values[name] != routine:
            name = f"{routine.module.prefix}.{name}"
        if name not in self.routine_numbers:
            self.routine_numbers[name] = len(self.routine_numbers) + 1
            self.routine_values[name] = routine
        return self.routine_numbers[name]

    def start_value(self, module: Module, node: ast.expr, of: ValueType) -> ir.Expr:
        """A start value as a constant or an address, of type `of`."""
        value = self.constant(module, node)
        span = module.span(node)
        if isinstance(of, (Embedded, ArrayOf, QueueOf)):
            raise SpecError(
                "MC222",
                "only single values can be given here",
                span,
                help="use an @initial routine",
            )
        match value, of:
            case NoneValue(), PtrType() | ThreadIdType() | FnType():
                return ir.Const(0, of)
            case Storage(place, Embedded(struct)), PtrType(target) if struct == target:
                return ir.AddressOf(place)
            case Routine() as routine, FnType():
                return ir.Const(self.routine_number(routine), FN)
            case Scalar(expr=ir.Const(number), type=found), _ if same_family(found, of):
                if isinstance(of, RangeType) and not of.lo <= number <= of.hi:
                    raise SpecError("MC223", f"{number} is outside {of.lo} … {of.hi}", span)
                if isinstance(of, WordType):
                    number %= 1 << of.bits
                return ir.Const(number, of)
            case _:
                raise SpecError("MC224", f"this is no start value for {show_type(of)}", span)

    def error(self, code: str, message: str, span: Span, *, help: str = "") -> None:
        """Collect an error."""
        self.report.add(SpecError(code, message, span, help=help))

    def setting(self, module: Module, decl: Decl, call: ast.Call) -> Value | None:
        """The value of a `param` or `flag` under the settings."""
        default = self.constant(module, call.args[0]) if call.args else None
        if not isinstance(default, Scalar) or default.constant is None:
            raise SpecError("MC301", f"`{decl.name}` needs a default", module.span(call))
        value = self.settings.get(decl.name, None) if module is self.main else None
        result = default
        if value is not None:
            if isinstance(default.type, EnumType):
                result = Scalar(
                    ir.Const(default.type.members.index(str(value)), default.type), default.type
                )
            elif isinstance(default.type, BoolType):
                result = Scalar(ir.Const(int(value), BOOL), BOOL)
            else:
                result = literal(int(value))
        shown = show_setting(result)
        self.used_settings[decl.name] = shown
        return result
