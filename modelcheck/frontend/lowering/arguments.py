"""Arguments of what the language offers, and where it may be called."""

from __future__ import annotations

import ast

from modelcheck.diagnostics import did_you_mean
from modelcheck.frontend.lowering.calls import is_rigid
from modelcheck.frontend.lowering.indirect import IndirectCalls
from modelcheck.frontend.lowering.terms import (
    show_value,
)
from modelcheck.frontend.values import (
    NoneValue,
    Scalar,
    Storage,
    TypeName,
)
from modelcheck.ir import nodes as ir
from modelcheck.ir.traverse import walk
from modelcheck.ir.types import (
    ArrayOf,
    Embedded,
    PtrType,
    QueueOf,
)


class Arguments(IndirectCalls):
    """Reads arguments; refuses what has no meaning here."""

    def arguments(
        self, node: ast.Call, least: int, most: int | None = None, names: tuple[str, ...] = ()
    ) -> None:
        """The number of arguments, and which names they may have."""
        most = least if most is None else most
        called = self.frame.module.text(node.func)
        if not least <= len(node.args) <= most:
            raise self.fail(
                "MC267",
                f"`{called}` takes {least if least == most else f'{least} to {most}'}"
                f" argument{'' if most == 1 else 's'}, not {len(node.args)}",
                node,
            )
        for keyword in node.keywords:
            if keyword.arg not in names:
                raise self.fail(
                    "MC268",
                    f"`{called}` has no parameter `{keyword.arg}`",
                    node,
                    help=did_you_mean(keyword.arg or "", names),
                )

    def place_argument(self, node: ast.Call, position: int) -> Storage:
        """An argument that is a place of a single value."""
        if len(node.args) <= position:
            self.arguments(node, position + 1)
        place = self.value(node.args[position])
        if not isinstance(place, Storage) or isinstance(place.type, (Embedded, ArrayOf, QueueOf)):
            raise self.fail(
                "MC269",
                f"`{ast.unparse(node.func)}` takes a place, not {show_value(place)}",
                node.args[position],
                help="name a shared variable, a field or an element",
            )
        return place

    def struct_argument(self, node: ast.Call) -> str:
        """The struct that the first argument names."""
        if not node.args:
            self.arguments(node, 1)
        of = self.value(node.args[0])
        if not isinstance(of, TypeName) or not isinstance(of.type, Embedded):
            raise self.fail("MC276", "a struct is needed here", node.args[0])
        return of.type.struct

    def pointer_argument(self, node: ast.Call, names: tuple[str, ...] = ()) -> tuple[Scalar, str]:
        """The first argument as a pointer, and its struct."""
        self.arguments(node, 1, names=names)
        value = self.settled(node.args[0])
        if isinstance(value, NoneValue):
            raise self.fail("MC250", "this is None", node.args[0])
        scalar = self.as_scalar(value, node.args[0])
        if not isinstance(scalar.type, PtrType):
            raise self.fail("MC277", f"{show_value(scalar)} is no pointer", node.args[0])
        return self.kept(scalar, node), scalar.type.struct

    def kept(self, scalar: Scalar, node: ast.AST) -> Scalar:
        """A value that is used several times, evaluated once."""
        if is_rigid(scalar.expr):
            return scalar
        return Scalar(self.temporary(scalar.expr, scalar.type, node), scalar.type)

    def flag_argument(self, node: ast.Call, name: str) -> bool:
        """A named argument that is True or False."""
        for keyword in node.keywords:
            if keyword.arg == name:
                return self.world.truth(self.frame.module, keyword.value)
        return False

    def need_thread(self, node: ast.AST, what: str) -> None:
        """Only threads have an identity, a CPU and a stack; not `@initial`, also after a crash."""
        if self.at_start or self.after_crash:
            raise self.fail(
                "MC305",
                f"{what} has no meaning in @initial",
                node,
                note="it makes the state that threads start from; no thread runs it",
            )
        if self.thread is None:
            raise self.fail(
                "MC305",
                f"{what} has no meaning in a property",
                node,
                note="a property looks at a state, no thread runs it",
            )

    def need_code(self, node: ast.Call) -> None:
        """What changes the state stands in thread code, not in conditions or properties."""
        if self.mode.pure:
            raise self.fail(
                "MC303",
                f"`{ast.unparse(node.func)}` must not stand in {self.mode.where}",
                node,
                note="it would change the state while looking at it",
            )


def reads_memory(expr: ir.Expr) -> bool:
    """Whether an expression looks at shared memory (ghosts and locals are none)."""
    for part in walk(expr):
        match part:
            case ir.Read(kind=kind) if kind is not ir.Kind.GHOST:
                return True
            case ir.Alive() | ir.IsInitialised() | ir.QueueLength() | ir.QueueContains():
                return True
            case ir.IsFinished() | ir.HasFreeSlot() | ir.HasFreeThread():
                return True
            case _:
                pass
    return False
