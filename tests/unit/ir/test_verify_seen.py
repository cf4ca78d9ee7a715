"""What was legal once is not looked at again, and nothing else escapes with it."""

from dataclasses import replace

import pytest
from small_programs import (
    NODE_STRUCT,
    OUTER_STRUCT,
    SILENT,
    at,
    block,
    body,
    load,
    num,
    program,
    step,
    store,
    through,
)
from test_verify import CASES, LEGAL

from modelcheck.diagnostics import InternalError
from modelcheck.ir import verify as module
from modelcheck.ir.nodes import (
    Body,
    Choose,
    Const,
    Enter,
    LocalVar,
    New,
    Object,
    Property,
    Spawn,
    Struct,
    Template,
    Wait,
)
from modelcheck.ir.types import BOOL, THREAD_ID, U8, Embedded
from modelcheck.ir.verify import Seen, verify


def test_every_broken_rule_is_found_after_programs_that_share_its_nodes():
    seen = Seen()
    for legal in LEGAL.values():
        verify(legal, seen=seen)
    for rule, _, broken in CASES:
        with pytest.raises(InternalError, match=f"breaks the rule `{rule}`"):
            verify(broken, seen=seen)


def test_what_is_the_same_is_not_looked_at_again(monkeypatch):
    looked_at = []

    class Counting(module.NodeChecker):
        def instr(self, instr):
            looked_at.append(instr)
            super().instr(instr)

    monkeypatch.setattr(module, "NodeChecker", Counting)
    first, second = step("s", load("v", at("x", "n")), to="t"), step("t", store(at("x", "m")))
    given = program(body(first, second))
    seen = Seen()
    verify(given, seen=seen)
    assert looked_at == [first.instrs[0], second.instrs[0]]
    verify(given, seen=seen)
    assert len(looked_at) == 2
    other = replace(second, instrs=(load("w", at("x", "m")),))
    verify(program(body(first, other)), seen=seen)
    assert looked_at[2:] == [other.instrs[0]]
    verify(given)
    assert len(looked_at) == 5


READ_X = step("s", load("v", at("x", "n")))
FILL = block("t", store(through("p", "n"), kind=SILENT))  # legal where `p` was allocated
POOL = Object("pool", "pool", Embedded("Node"), count=1)
SPAWN = step("s", Spawn("id", "slot", (num(1),)))
SLOT = Template("slot", 1, replace(body(block("a")), locals=(LocalVar("a", U8),)), True, ("a",))
WAIT = block("t", Wait(Const(1, BOOL)))
LOOK = block("a", Enter("own"))
OWN = Object("own", "local", Embedded("Node"), template="t0")


def with_locals(given, *locals):
    return replace(given, locals=(*given.locals, *locals))


SPAWNING = with_locals(body(SPAWN), LocalVar("id", THREAD_ID))

# Two programs that share what is legal in the first and, for what is around it, not in the second.
CHANGED = {
    "struct": (
        program(body(READ_X)),
        replace(
            program(body(READ_X)), structs=(Struct("Node", NODE_STRUCT.fields[1:]), OUTER_STRUCT)
        ),
    ),
    "field": (
        program(body(READ_X)),
        program(body(READ_X), objects=(Object("x", "shared", Embedded("Outer")),)),
    ),
    "count": (
        program(body(READ_X)),
        program(body(READ_X), objects=(Object("x", "shared", Embedded("Node"), count=2),)),
    ),
    "local": (program(body(READ_X)), program(Body("s", (READ_X,)))),
    "allocated": (
        program(body(step("s", New("p", "pool"), to="t"), FILL), objects=(POOL,)),
        program(body(step("s", to="t"), FILL), objects=(POOL,)),
    ),
    "spawned": (
        program(SPAWNING, SLOT),
        program(SPAWNING, replace(SLOT, spawned=False)),
    ),
    "parameter": (
        program(SPAWNING, SLOT),
        program(SPAWNING, replace(SLOT, body=replace(SLOT.body, locals=(LocalVar("a", BOOL),)))),
    ),
    "owner": (
        program(body(LOOK), body(block("b")), objects=(OWN,)),
        program(body(LOOK), body(block("b")), objects=(replace(OWN, template="t1"),)),
    ),
    "choice": (
        program(body(step("s", Choose("v", 2), to="t"), WAIT)),
        program(body(step("s", to="t"), WAIT)),
    ),
    "target": (
        program(body(step("s", to="t"), block("t"))),
        program(body(step("s", to="t"), block("u"))),
    ),
    "kind of body": (
        program(body(READ_X)),
        program(
            body(block("b")),
            properties=(Property("t0", "final", replace(body(READ_X), entry="s")),),
        ),
    ),
}


@pytest.mark.parametrize(("legal", "broken"), CHANGED.values(), ids=CHANGED)
def test_what_is_around_it_counts(legal, broken):
    with pytest.raises(InternalError) as alone:
        verify(broken)
    seen = Seen()
    verify(legal, seen=seen)
    with pytest.raises(InternalError) as caught:
        verify(broken, seen=seen)
    assert str(caught.value) == str(alone.value)
