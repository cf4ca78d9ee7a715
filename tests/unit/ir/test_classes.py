"""What a recorded order is about."""

from dataclasses import replace

from small_programs import NOTHING, at, program, through

from modelcheck.ir.classes import find_class
from modelcheck.ir.lookup import Lookup
from modelcheck.ir.memory import Memory
from modelcheck.ir.nodes import Object
from modelcheck.ir.types import Embedded

OUTER = (Object("o", "shared", Embedded("Outer"), mortal=False),)


def library(*names):
    """The usual program, where some structs belong to the library."""
    given = program(NOTHING, objects=OUTER)
    structs = tuple(replace(s, library=s.name in names) for s in given.structs)
    return replace(given, structs=structs)


def test_a_field_is_its_own_class():
    assert find_class(Lookup(library()), at("o", "node", "n")) == "Node.n"


def test_a_field_of_the_library_is_of_the_class_of_its_place():
    assert find_class(Lookup(library("Node")), at("o", "node", "n")) == "Outer.node"


def test_an_object_of_the_library_is_one_class():
    assert find_class(Lookup(library("Node")), at("x", "n")) == "x"


def test_a_pointer_into_the_library_decides_the_class():
    given = library("Node")
    assert find_class(Lookup(given), through("p", "n")) == ""
    classes = {p.shown: p.order_class for p in Memory(given).places("Node")}
    assert classes == {"x": "x", "y": "y", "o.node": "Outer.node"}
