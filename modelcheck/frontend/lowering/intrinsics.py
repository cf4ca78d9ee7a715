"""What `modelcheck.lang` and Python's own names do in a routine."""

from __future__ import annotations

import ast
from collections.abc import Callable
from functools import cached_property

from modelcheck.frontend.lowering.context import GHOST_VALUE, Mode
from modelcheck.frontend.lowering.objects import Objects
from modelcheck.frontend.lowering.terms import (
    compare,
    constant,
    show_value,
)
from modelcheck.frontend.names import (
    CONTEXTS,
    DECORATORS,
    FILE_NAMES,
    LATER_NAMES,
    RIGHT_NAMES,
)
from modelcheck.frontend.values import (
    Items,
    NoneValue,
    Scalar,
    ThreadName,
    Value,
)
from modelcheck.ir import nodes as ir
from modelcheck.ir.types import (
    BOOL,
    THREAD_ID,
    ArrayOf,
    Embedded,
    EnumType,
    PtrType,
    QueueOf,
    ScalarType,
    SetType,
    ThreadIdType,
)

CONTEXT_TYPE = EnumType("Context", tuple(c.upper() for c in CONTEXTS))

READERS = {
    "READ_ONCE": ir.Kind.ONCE,
    "smp_load_acquire": ir.Kind.ACQUIRE,
    "rcu_dereference": ir.Kind.DEPENDENT,
}

WRITERS = {"WRITE_ONCE": ir.Kind.ONCE, "smp_store_release": ir.Kind.RELEASE}

ELSEWHERE = FILE_NAMES | RIGHT_NAMES | DECORATORS | {"shared", "pool", "per_thread"}

LOCK_ORDER = "lock-order"  # what is no lock of the library may be part of its circles

INITIAL = Mode("atomic", where="@initial")


class Intrinsics(Objects):
    """Built-in calls."""

    @cached_property
    def _known(self) -> dict[str, Callable[[ast.Call], Value]]:
        return {
            "wait_until": self.wait_until,
            "choose": self.choose,
            "either": self.either,
            "new": self.new,
            "free": self.free,
            "discard": self.discard,
            "spawn": self.spawn,
            "finished": self.finished,
            "alive": self.alive,
            "objects": self.objects,
            "any_order": self.any_order,
            "container_of": self.container_of,
            "precedes": self.precedes,
            "range": self.range,
            "len": self.length,
            "abs": self.absolute,
            "local": self.local,
            "irqs": lambda n: self.interrupts("irqs", n),
            "softirqs": lambda n: self.interrupts("softirqs", n),
            "crash": self.crash,
            "label": self.label,
            "any": lambda n: self.quantifier("any", n),
            "all": lambda n: self.quantifier("all", n),
            "sum": lambda n: self.fold("sum", n),
            "min": lambda n: self.fold("min", n),
            "max": lambda n: self.fold("max", n),
        }

    def intrinsic(self, name: str, node: ast.Call) -> Value:
        """A call of something `modelcheck.lang` or Python offers."""
        if name in self._known:
            return self._known[name](node)
        if name in READERS:
            if self.mode.where == GHOST_VALUE:
                raise self.no_access(self.mode.called or name, node)
            return self.load(self.place_argument(node, 0), node, READERS[name])
        if name in WRITERS:
            self.arguments(node, 2)
            value = self.settled(node.args[1])
            target = self.place_argument(node, 0)
            self.write(target, value, node, WRITERS[name])
            return NoneValue()
        match name:
            case "current":
                self.arguments(node, 0)
                self.need_thread(node, "current()")
                return Scalar(ir.Current(), THREAD_ID)
            case "threads":
                self.arguments(node, 0)
                return Items(tuple((t, None) for t in self.all_threads()))
            case "context":
                self.need_thread(node, "context()")
                index = CONTEXTS.index(self.thread.context) if self.thread else 0
                return Scalar(ir.Const(index, CONTEXT_TYPE), CONTEXT_TYPE)
            case "places":
                return self.world.constant_call(self.frame.module, node, self.span(node))
            case "set" if not node.args:
                empty = SetType(BOOL)
                return Scalar(ir.Const(0, empty), empty)
            case "set":
                raise self.fail(
                    "MC262",
                    "the type of this set is not known",
                    node,
                    help="write `.clear()` on the set",
                )
            case "smp_mb" | "smp_wmb" | "smp_rmb":
                self.arguments(node, 0)
                return NoneValue()  # no access under sc
            case "bool" | "int":
                raise self.fail(
                    "MC273",
                    f"`{name}(…)` converts nothing here",
                    node,
                    help="write the condition, or `1 if c else 0`",
                )
            case "atomic":
                raise self.fail(
                    "MC274", "`atomic()` opens a block", node, help="write `with atomic():`"
                )
            case _ if name in LATER_NAMES:
                raise self.fail("MC304", f"`{name}` is reserved for a later version", node)
            case _ if name in ELSEWHERE:
                raise self.fail(
                    "MC275",
                    f"`{name}` belongs at the top of the file",
                    node,
                    note="declarations are not made while a program runs",
                )
            case _:
                raise self.fail("MC266", f"`{name}` cannot be called", node)

    def spawn(self, node: ast.Call) -> Value:
        """Start a thread: one step."""
        self.need_code(node)
        if not node.args:
            self.arguments(node, 1)
        which = self.value(node.args[0])
        if not isinstance(which, ThreadName) or not self.world.threads[which.name].spawned:
            raise self.fail(
                "MC282", "`spawn` takes a thread declared with `spawned=`", node.args[0]
            )
        thread = self.world.threads[which.name]
        parameters = thread.node.args.args
        if len(node.args) - 1 != len(parameters):
            raise self.fail(
                "MC267",
                f"`{which.name}` takes {len(parameters)} argument(s), not {len(node.args) - 1}",
                node,
            )
        given = []
        for parameter, arg in zip(parameters, node.args[1:], strict=True):
            of = self.parameter_type(thread.module, parameter)
            given.append(self.kept(self.convert(self.settled(arg), of, arg, None), arg).expr)
        self.begin_step(node)
        has_slot = ir.HasFreeThread(which.name) if which.count else constant(0, BOOL)
        self.check(has_slot, "capacity", None, node, f"all `{which.name}` slots run")
        if not which.count:
            return self.temporary_of(constant(0, THREAD_ID), THREAD_ID, node)
        name = self.builder.temporary(THREAD_ID)
        self.builder.emit(ir.Spawn(name, which.name, tuple(given), span=self.span(node)))
        return Scalar(ir.Local(name), THREAD_ID)

    def parameter_type(self, module: object, parameter: ast.arg) -> ScalarType:
        """The annotated type of a spawned thread's parameter."""
        from modelcheck.frontend.modules import Module

        assert isinstance(module, Module)
        span = module.span(parameter)
        from modelcheck.diagnostics import SpecError

        if parameter.annotation is None:
            raise SpecError(
                "MC283",
                f"`{parameter.arg}` of a spawned thread needs a type",
                span,
                help=f"write `{parameter.arg}: U8`, say",
            )
        of = self.world.type_of(module, parameter.annotation)
        if not of.bounded or isinstance(of.type, (Embedded, ArrayOf, QueueOf)):
            raise SpecError(
                "MC283",
                f"`{parameter.arg}` of a spawned thread needs a bounded single value",
                span,
                help="use U8, U16, U32, an enum, a `Ptr[…]`",
            )
        return of.type

    def finished(self, node: ast.Call) -> Value:
        """Whether a thread has ended: looking is an access."""
        self.arguments(node, 1)
        thread = self.scalar(node.args[0], THREAD_ID)
        if not isinstance(thread.type, ThreadIdType):
            raise self.fail("MC284", f"{show_value(thread)} is no thread", node.args[0])
        if self.mode.name == "thread":
            thread = self.kept(thread, node)
            self.begin_step(node)
        if not isinstance(thread.expr, (ir.ThreadOf, ir.Current)):
            none = constant(0, THREAD_ID)
            self.check(compare("!=", thread.expr, none), "null-dereference", None, node)
        return self.within_step(ir.IsFinished(thread.expr), BOOL, node)

    def interrupts(self, which: str, node: ast.Call) -> Value:
        """`irqs(False)`: one access to the CPU's state."""
        self.arguments(node, 1)
        self.need_code(node)
        self.need_thread(node, f"{which}(…)")
        on = self.truth(node.args[0])
        self.begin_step(node)
        kind = "irqs" if which == "irqs" else "softirqs"
        self.builder.emit(ir.SetInterrupts(kind, on.expr, span=self.span(node)))  # type: ignore[arg-type]  # one of the two
        return NoneValue()

    def crash(self, node: ast.Call) -> Value:
        """Power fails: one step, in which the machine also starts again."""
        self.arguments(node, 0)
        self.need_code(node)
        self.need_thread(node, "crash()")
        self.begin_step(node)
        self.builder.emit(ir.Crash(span=self.span(node)))
        with self.builder.inside_step(), self.in_mode(INITIAL):
            self.after_crash = True
            self.run_initial(node)
            self.after_crash = False
        if not self.builder.inner:
            self.builder.leave_step(self.span(node))
        return NoneValue()

    def run_initial(self, node: ast.AST) -> None:
        """The @initial routines of every file, in order."""
        for module, routine, _ in self.world.routines_of_kind("initial"):
            value = self.world.value_of(module, module.names[routine.name])
            self.inline(value, [], [], node, ())  # type: ignore[arg-type]  # a Routine

    def label(self, node: ast.Call) -> Value:
        """Name the next step."""
        self.arguments(node, 1)
        self.next_label = self.text_argument(node.args[0])
        return NoneValue()

    def precedes(self, node: ast.Call) -> Value:
        """Record an order of two declarations."""
        self.arguments(node, 3, names=("nested",))
        if self.in_property:
            self.need_code(node)
        name = self.text_argument(node.args[0])
        if name != LOCK_ORDER:
            self.require_property_name(name, node.args[0])
        places = []
        for arg in node.args[1:]:
            value = self.as_scalar(self.settled(arg), arg)
            if not isinstance(value.type, PtrType):
                raise self.fail("MC277", f"{show_value(value)} is no struct", arg)
            kept = self.kept(value, node)
            if not isinstance(kept.expr, ir.AddressOf):
                null = constant(0, value.type)
                self.check(compare("!=", kept.expr, null), "null-dereference", None, node)
            places.append(self.place_behind(kept))
        nested = self.flag_argument(node, "nested")
        self.builder.emit(ir.Precedes(name, places[0], places[1], nested, span=self.span(node)))
        return NoneValue()
