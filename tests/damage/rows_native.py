"""Damages to the native backend: where generated C would say another thing than Python."""

from tests.damage.row import Row

BODIES = "backends/native/bodies.py"
EXPRESSIONS = "backends/native/expressions.py"
INSTRUCTIONS = "backends/native/instructions.py"
HELPERS = "backends/native/helpers.py"
TABLES = "backends/native/tables.py"
EMIT = "backends/native/emit.py"
EMIT_TABLES = "backends/native/emit_tables.py"

TEXT = "tests/unit/backends/native/test_emit.py::"
SMALL = (
    "tests/unit/backends/native/test_emit_agrees.py"
    "::test_the_c_of_small_programs_does_what_python_does"
)

ROWS = (
    Row(
        "c-checks-nothing",
        INSTRUCTIONS,
        'self.fail_if(f"!{enclose(self._writer.write(condition))}", site, number)',
        'self.fail_if("0", site, number)',
        "No check of a generated file ever fails.",
        (f"{SMALL}[test_python_steps]",),
    ),
    Row(
        "c-keeps-dead-locals",
        BODIES,
        "self._emit_dead_slots(block.live)",
        "pass",
        "Equal situations are different states in C.",
        (f"{SMALL}[test_python_steps]",),
    ),
    Row(
        "c-ends-without-deaths",
        BODIES,
        'self._code.patch("m_death", [f.death for f in self._code.facts])',
        "pass",
        "What belongs to a thread outlives it in C.",
        (f"{SMALL}[test_python_threads]",),
    ),
    Row(
        "c-diverges-later",
        BODIES,
        '"++count > MC_MAX_BLOCKS"',
        '"++count > 2 * MC_MAX_BLOCKS"',
        "A step of a generated file diverges later than docs/ir.md says.",
        (f"{SMALL}[test_python_steps]",),
    ),
    Row(
        "c-idle-waits-block",
        INSTRUCTIONS,
        "'MC_IDLE' if idle else 'MC_BLOCKED'",
        "'MC_IDLE'",
        "In C every wait is at rest.",
        (f"{SMALL}[test_deadlock]",),
    ),
    Row(
        "c-spawns-as-it-was",
        EMIT,
        "if any(rebirths):",
        "if False:",
        "In C a slot that is spawned again does not start anew.",
        (f"{SMALL}[test_python_threads]",),
    ),
    Row(
        "c-choices-not-said",
        EMIT_TABLES,
        "has_choices(self._memory.lookup, region),",
        "False and has_choices(self._memory.lookup, region),",
        "The runtime takes one way through a step that has several.",
        (f"{SMALL}[test_python_steps]",),
    ),
    Row(
        "c-handlers-have-started",
        EMIT_TABLES,
        "number in first,",
        "False and number in first,",
        "A target stands still before its handler has started.",
        (f"{SMALL}[test_python_threads]",),
    ),
    Row(
        "c-watches-reads-only",
        EXPRESSIONS,
        'flags = ["MC_WRITE"] if is_write else []',
        "flags: list[str] = []",
        "Two stores do not race in C.",
        (f"{SMALL}[test_race]",),
    ),
    Row(
        "c-watches-nothing",
        EMIT,
        "if number in self._watched[template.name]:",
        "if False and number in self._watched[template.name]:",
        "Steps that may race are not watched.",
        (f"{SMALL}[test_race]",),
    ),
    Row(
        "c-null-is-a-slot",
        TABLES,
        "self.nowhere = len(memory.slots)",
        "self.nowhere = 0",
        "What a null pointer leads to is a thread's program counter.",
        (f"{TEXT}test_a_null_pointer_leads_to_no_slot",),
    ),
    Row(
        "c-part-of-null-is-a-slot",
        HELPERS,
        "return slot == NOWHERE ? NOWHERE : slot + offset;",
        "return slot == NOWHERE ? offset : slot + offset;",
        "An element of what a null pointer leads to is somebody's slot.",
        (f"{TEXT}test_a_null_pointer_leads_to_no_slot",),
    ),
    Row(
        "c-frees-nothing-silently",
        HELPERS,
        "if (by_pointer[pointer].count == 0) mc_refuse",
        "if (by_pointer[pointer].count == 7) mc_refuse",
        "Freeing what is no whole object goes unnoticed.",
        (f"{TEXT}test_what_is_freed_unchecked_ends_the_process",),
    ),
    Row(
        "c-patches-keep-bits",
        TABLES,
        "words[packed.word] = (keep & ~mask, ",
        "words[packed.word] = (keep, ",
        "What is set in several slots at once is mixed with what was there.",
        (f"{TEXT}test_a_patch_leaves_other_slots_alone", f"{SMALL}[test_python_threads]"),
    ),
)
