"""The numbering of slots and places is what docs/ir.md says."""

from dataclasses import replace

import pytest
from ir_programs import BOOL, MODE, U8, at, increments, many_shapes, pool_and_mutex

from modelcheck.ir.memory import ALIVE, UNINITIALISED, Memory
from modelcheck.ir.nodes import (
    AddressOf,
    Block,
    Body,
    Const,
    End,
    Local,
    LocalVar,
    ObjectRoot,
    Place,
    PointerRoot,
    SetInterrupts,
    StepInfo,
)
from modelcheck.ir.types import FN, THREAD_ID, EnumType, PtrType, RangeType, SetType

PROGRAMS = {"increments": increments, "pool": pool_and_mutex, "shapes": many_shapes}
every_program = pytest.mark.parametrize("make", PROGRAMS.values(), ids=PROGRAMS)


def number(value):
    return Const(value, RangeType(value, value))


def slot_called(memory, name):
    (slot,) = [slot for slot in memory.slots if slot.name == name]
    return slot


def slot_of(memory, place, **values):
    """The slot of a place, given the values of locals (and `me`)."""

    def evaluate(expr):
        match expr:
            case Const(value, _):
                return value
            case Local(name):
                return values[name]
            case _:
                return values["me"]

    return memory.resolve(place).number(evaluate)


# ---------------------------------------------------------------------------------------------
# Slots


@every_program
def test_slots_are_numbered_without_gaps_and_named_once(make):
    memory = Memory(make())
    assert [slot.number for slot in memory.slots] == list(range(len(memory.slots)))
    assert len({slot.name for slot in memory.slots}) == len(memory.slots)
    assert len(memory.start) == len(memory.slots)


def test_slots_come_in_the_documented_order():
    roles = [slot.role for slot in Memory(many_shapes()).slots]
    assert roles[:4] == ["pc"] * 4
    assert roles[4:12] == ["local"] * 8
    assert not {"pc", "local"} & set(roles[12:])
    objects = [slot.object for slot in Memory(many_shapes()).slots[12:]]
    assert list(dict.fromkeys(objects)) == ["flags", "trigger", "slots", "cpu", "entry"]


def test_queue_is_its_length_and_its_elements():
    memory = Memory(many_shapes())
    queue = Place(ObjectRoot("trigger", number(1)), ("queue",))
    base = memory.resolve(queue).constant
    assert memory.slots[base].role == "queue-length"
    assert memory.slots[base].hi == 3
    element = Place(queue.root, ("queue", Local("i")))
    assert [slot_of(memory, element, i=i) for i in range(3)] == [base + 1, base + 2, base + 3]


def test_interrupt_flags_have_slots_where_they_are_used():
    program = many_shapes()
    body = Body("a", (Block("a", (SetInterrupts("softirqs", Const(0, BOOL)),), End()),))
    drain = replace(program.templates[1], body=body)
    changed = replace(program, templates=(program.templates[0], drain, program.templates[2]))
    before, after = Memory(program), Memory(changed)
    assert (before.irqs_base, before.softirqs_base) == (None, None)
    assert after.irqs_base is None
    flags = [slot for slot in after.slots if slot.role == "softirqs"]
    assert [slot.number for slot in flags] == [after.softirqs_base + i for i in range(4)]
    assert [after.start[slot.number] for slot in flags] == [1] * 4
    assert after.describe(flags[0].number, 0) == "off"


def test_only_pool_fields_may_be_uninitialised_and_ghosts_never():
    memory = Memory(many_shapes())
    names = {slot.name for slot in memory.slots if slot.may_be_uninitialised}
    assert "slots[0].level" in names
    assert "slots[0].queue (length)" in names
    assert not any(name.endswith((".ghosts", ".mode", ".queue[0]")) for name in names)
    assert all(name.startswith("slots") for name in names)


def test_new_values_keep_stable_fields_and_ghosts():
    memory = Memory(many_shapes())
    paths = [slot.path for slot in memory.slots if slot.object == "slots" and slot.path][:12]
    values = dict(zip(paths, memory.new_values("slots"), strict=False))
    assert values["mode",] is None
    assert values["ghosts",] is None, "ghosts outlive an allocation"
    assert values["level",] == UNINITIALISED
    assert values["queue",] == UNINITIALISED
    assert values["queue", 0] == 0


# ---------------------------------------------------------------------------------------------
# Locals


def test_locals_that_never_live_together_share_a_slot():
    memory = Memory(many_shapes())
    u, v, w = (memory.local_slot("close", name) for name in "uvw")
    assert u in (v, w)
    assert v != w
    assert memory.local_slot("close", "t") is None
    assert memory.local_slot_count("close") == 2
    assert memory.threads[1].locals_base == memory.threads[0].locals_base + 2


def test_locals_of_different_types_do_not_share():
    program = increments(threads=1, rounds=2)
    template = program.templates[0]
    blocks = (
        replace(template.body.blocks[0], live=("a",)),
        replace(template.body.blocks[1], live=("b",)),
    )
    body = replace(
        template.body, blocks=blocks, locals=(LocalVar("a", U8), LocalVar("b", THREAD_ID))
    )
    memory = Memory(replace(program, templates=(replace(template, body=body),)))
    assert memory.local_slot("run", "a") != memory.local_slot("run", "b")


def test_before_liveness_every_local_has_its_own_slot():
    program = increments()
    template = program.templates[0]
    blocks = tuple(replace(block, live=()) for block in template.body.blocks)
    locals_ = (LocalVar("v", U8), LocalVar("w", U8))
    body = replace(template.body, blocks=blocks, locals=locals_)
    memory = Memory(replace(program, templates=(replace(template, body=body),)))
    assert [memory.local_slot("run", name) for name in "vw"] == [0, 1]


# ---------------------------------------------------------------------------------------------
# The start


def test_start_vector_holds_what_the_program_says():
    memory = Memory(many_shapes())
    start = {slot.name: memory.start[slot.number] for slot in memory.slots}
    assert start["close[0].pc"] == 0
    assert start["work.pc"] == memory.ended("work") == 2
    assert start["trigger[0].mode"] == 1, "Field.start"
    assert start["trigger[1].mode"] == 0, "Object.start"
    assert start["trigger[1].level"] == 3
    assert start["trigger[0] (status)"] == ALIVE
    assert start["slots[0] (status)"] == start["close[0].entry (status)"] == 0
    assert start["slots[0].mode"] == 1, "stable fields start like those of a shared object"
    assert start["slots[0].level"] == 0, "what is dead is 0"
    assert start["slots[0].ghosts"] == 4, "ghosts start like those of a shared object"
    assert start["cpu[drain].at"] == 3, "the address of trigger[1].waits[0]"
    assert start["cpu[work].at"] == 0, "work has not been spawned"


# ---------------------------------------------------------------------------------------------
# Places


def test_places_are_numbered_object_by_object_and_shown():
    shown = [place.shown for place in Memory(many_shapes()).places("Wait")]
    assert shown == [
        *(f"trigger[{i}].waits[{j}]" for i in range(2) for j in range(2)),
        *(f"slots[{i}].waits[{j}]" for i in range(2) for j in range(2)),
        *(f"cpu[{t}].wait" for t in ("close[0]", "close[1]", "drain", "work")),
        "close[0].entry",
        "close[1].entry",
    ]


@every_program
def test_places_of_one_struct_never_overlap(make):
    memory = Memory(make())
    for struct in memory.program.structs:
        taken = set()
        for place in memory.places(struct.name):
            root = Place(PointerRoot(number(place.number + 1), struct.name))
            fields = {
                memory.resolve(Place(root.root, (field.name,))).constant for field in struct.fields
            }
            assert len(fields) == len(struct.fields)
            assert place.slot in fields
            assert not fields & taken
            taken |= fields


def test_a_place_knows_its_names_label_and_life():
    memory = Memory(many_shapes())
    by_name = {place.shown: place for place in memory.places("Wait")}
    embedded = by_name["trigger[1].waits[0]"]
    assert embedded.names == ("trigger", "Wait", "Trigger")
    assert embedded.label == "Trigger.waits"
    assert memory.slots[embedded.status].name == "trigger[1] (status)"
    assert (embedded.thread, embedded.is_whole) == (None, False)
    assert by_name["cpu[drain].wait"].thread == 2
    assert by_name["cpu[drain].wait"].status is None
    whole = memory.places("Trigger")[0]
    assert (whole.label, whole.is_whole) == ("trigger", True)
    assert not by_name["close[0].entry"].is_whole


def test_pointer_number_agrees_with_the_list_of_places():
    memory = Memory(many_shapes())
    for place in memory.places("Wait"):
        if place.object not in ("trigger", "slots"):
            continue
        path = tuple(p if isinstance(p, str) else Local("j") for p in place.path)
        constant = Place(ObjectRoot(place.object, number(place.element)), path)
        found = memory.pointer_number(constant)
        assert found.number(lambda _, p=place: p.path[1]) == place.number + 1
        outer = memory.object_pointer(place.object, place.element)
        through = Place(PointerRoot(Local("p"), "Trigger"), path)
        found = memory.pointer_number(through)
        values = {Local("p"): outer, Local("j"): place.path[1]}
        assert found.number(values.__getitem__) == place.number + 1


def test_resolve_agrees_with_the_names_of_slots():
    memory = Memory(many_shapes())
    woken = ("waits", Local("j"), "woken")
    for e in range(2):
        for j in range(2):
            slot = slot_called(memory, f"slots[{e}].waits[{j}].woken").number
            by_index = Place(ObjectRoot("slots", Local("e")), woken)
            assert slot_of(memory, by_index, e=e, j=j) == slot
            pointer = memory.object_pointer("slots", e)
            by_pointer = Place(PointerRoot(Local("p"), "Trigger"), woken)
            assert slot_of(memory, by_pointer, p=pointer, j=j) == slot
    own = Place(ObjectRoot("entry"), ("by",))
    assert slot_of(memory, own, me=1) == slot_called(memory, "close[1].entry.by").number
    cpu = Place(ObjectRoot("cpu", Local("t")), ("wait", "by"))
    assert slot_of(memory, cpu, t=2) == slot_called(memory, "cpu[drain].wait.by").number
    flag = Place(ObjectRoot("flags", number(2)))
    assert memory.resolve(flag).constant == slot_called(memory, "flags[2]").number


def test_an_element_keeps_its_distance_to_its_neighbour():
    memory = Memory(many_shapes())
    for object_ in ("trigger", "slots"):
        first, second = (memory.element_slots(object_, e) for e in range(2))
        assert len(first) == len(second)
        assert first.stop + 1 == second.start, "the status stands between"


def test_container_of_is_the_struct_around_or_none():
    memory = Memory(many_shapes())
    table = memory.container_table("Wait", "Trigger", ("waits", number(1)))
    assert table == (0, 0, 1, 0, 2, 0, 3, 0, 4, 0, 0, 0, 0, 0, 0)
    assert len(table) == len(memory.places("Wait")) + 1
    assert memory.container_table("Wait", "Cpu", ("wait",))[9:13] == (1, 2, 3, 4)


def test_status_says_how_an_object_can_die():
    memory = Memory(many_shapes())
    slot = memory.status_of(Place(ObjectRoot("slots", Local("e")), ("mode",)))
    assert [slot.status.number(lambda _, e=e: e) for e in range(2)] == [
        slot_called(memory, f"slots[{e}] (status)").number for e in range(2)
    ]
    assert slot.freed_counts.constant == 1, "a stable field"
    for path in (("level",), ("waits", Local("j"), "by")):
        other = memory.status_of(Place(ObjectRoot("slots", Local("e")), path))
        assert other.freed_counts.constant == 0
    assert slot.thread is None
    cpu = memory.status_of(Place(ObjectRoot("cpu", Local("t"))))
    assert cpu.status is None
    assert cpu.thread.number(lambda _: 3) == 3
    assert memory.status_of(Place(ObjectRoot("flags", number(0)))).always
    pointed = memory.status_of(Place(PointerRoot(Local("p"), "Wait"), ("by",)))
    for place in memory.places("Wait"):
        value = place.number + 1
        status = pointed.status.number(lambda _, v=value: v)
        thread = pointed.thread.number(lambda _, v=value: v)
        assert status == (-1 if place.status is None else place.status)
        assert thread == (-1 if place.thread is None else place.thread)
        assert pointed.freed_counts.number(lambda _, v=value: v) == 0
    through = memory.status_of(Place(PointerRoot(Local("p"), "Trigger"), ("mode",)))
    whole = memory.status_of(Place(PointerRoot(Local("p"), "Trigger")))
    for place in memory.places("Trigger"):
        for life in (through, whole):
            is_slot = place.object == "slots"
            assert life.freed_counts.number(lambda _, v=place.number + 1: v) == is_slot


def test_a_place_inside_a_stable_field_outlives_a_free_however_it_is_reached():
    program = many_shapes()
    objects = tuple(
        replace(obj, stable=("waits",)) if obj.name == "slots" else obj for obj in program.objects
    )
    memory = Memory(replace(program, objects=objects))
    life = memory.status_of(Place(PointerRoot(Local("p"), "Wait"), ("by",)))
    for place in memory.places("Wait"):
        is_kept = place.object == "slots" and place.path[0] == "waits"
        assert life.freed_counts.number(lambda _, v=place.number + 1: v) == is_kept
    assert any(place.object == "slots" for place in memory.places("Wait"))


def test_what_nothing_frees_is_always_alive():
    memory = Memory(pool_and_mutex())
    assert memory.status_of(Place(ObjectRoot("lock"))).always
    assert not memory.status_of(Place(ObjectRoot("items", number(0)))).always
    assert memory.status_slot("lock") is None


def test_starts_object_only_where_something_can_be_freed():
    memory = Memory(many_shapes())
    assert memory.starts_object("Trigger") == (0, 1, 1, 1, 1)
    assert memory.starts_object("Wait") == (0,) * 15


# ---------------------------------------------------------------------------------------------
# Values


def test_domains():
    memory = Memory(many_shapes())
    assert memory.domain(THREAD_ID) == (0, 4)
    assert memory.domain(PtrType("Wait")) == (0, 14)
    assert memory.domain(RangeType(-2, 5)) == (-2, 5)
    assert memory.domain(SetType(THREAD_ID)) == (0, 15)
    assert memory.domain(SetType(RangeType(3, 5))) == (0, 7)
    assert memory.domain(SetType(MODE)) == (0, 3)
    assert memory.domain(FN) == (0, 0)
    lo = min(slot.lo for slot in memory.slots)
    assert lo > UNINITIALISED


def test_values_are_shown_in_the_words_of_the_spec():
    memory = Memory(replace(many_shapes(), routines=("work_fn",)))
    assert memory.show(BOOL, 1) == "True"
    assert memory.show(MODE, 1) == "WRITE"
    assert memory.show(THREAD_ID, 0) == "None"
    assert memory.show(THREAD_ID, 2) == "close[1]"
    assert memory.show(THREAD_ID, 3) == "drain"
    assert memory.show(PtrType("Trigger"), 2) == "trigger[1]"
    assert memory.show(FN, 1) == "work_fn"
    assert memory.show(U8, UNINITIALISED) == "uninitialised"
    assert memory.show(SetType(THREAD_ID), 0b101) == "{close[0], drain}"
    assert memory.show(SetType(RangeType(3, 5)), 0b110) == "{4, 5}"
    assert memory.show(SetType(EnumType("E", ("a", "b"))), 0) == "{}"


def test_slots_are_described_by_their_role():
    memory = Memory(many_shapes())
    assert memory.describe(0, 1) == "b"
    assert memory.describe(0, 2) == "ended"
    assert memory.describe(slot_called(memory, "slots[0] (status)").number, 2) == "freed"
    assert memory.describe(slot_called(memory, "trigger[0].mode").number, 0) == "READ"


def test_start_value_through_an_address_needs_no_index():
    program = many_shapes()
    place = AddressOf(Place(ObjectRoot("trigger", number(0)), ("waits", number(1))))
    cpu = replace(program.objects[3], start=((0, ("at",), place),))
    objects = (*program.objects[:3], cpu, *program.objects[4:])
    memory = Memory(replace(program, objects=objects))
    assert memory.start[slot_called(memory, "cpu[close[0]].at").number] == 2


def test_locations_are_the_blocks_that_rest():
    program = increments(threads=1, rounds=1)
    template = program.templates[0]
    local = Block("between", (), End(), step=StepInfo(span=at(1)))
    body = replace(template.body, blocks=(template.body.blocks[0], local, template.body.blocks[1]))
    memory = Memory(replace(program, templates=(replace(template, body=body),)))
    assert memory.locations("run") == ("load0", "store0")
    assert memory.location_number("run", "store0") == 1
    assert memory.ended("run") == 2
