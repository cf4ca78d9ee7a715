"""Damages to the front end: what it checks, what it calls a step, what it takes for a constant."""

from tests.damage.row import Row

PLACES = "frontend/lowering/places.py"
OBJECTS = "frontend/lowering/objects.py"
CONTAINERS = "frontend/lowering/containers.py"
OPERATORS = "frontend/lowering/operators.py"
CONDITIONS = "frontend/lowering/conditions.py"
CHOICES = "frontend/lowering/choices.py"
ASSIGNMENTS = "frontend/lowering/assignments.py"
STATEMENTS = "frontend/lowering/statements.py"

ROWS = (
    Row(
        "temporaries-take-names",
        "frontend/builder.py",
        'while (name := f"t{self._next_temporary}") in self.locals:',
        'while not (name := f"t{self._next_temporary}"):',
        "What a local of the spec holds is overwritten.",
        (
            "tests/language/test_names.py::test_a_local_that_is_called_like_a_temporary_keeps_its_value",
        ),
    ),
    Row(
        "no-null-check",
        PLACES,
        'compare("!=", pointer, constant(0, PtrType(struct)))',
        'compare("==", pointer, pointer)',
        "A step through a null pointer is no violation any more.",
        ("tests/language/test_values.py::test_faults",),
    ),
    Row(
        "no-alive-check",
        PLACES,
        "if self.may_be_dead(storage.place.root):",
        "if False:",
        "What was freed may be touched.",
        (
            "tests/traps/test_semantics.py::test_a_stale_pointer_is_seen_after_the_slot_is_new_again",
        ),
    ),
    Row(
        "no-upper-bound",
        PLACES,
        "if hi >= count:",
        "if hi > 1 << 63:",
        "An index behind the last element is not noticed.",
        ("tests/language/test_values.py::test_faults",),
    ),
    Row(
        "no-lower-bound",
        PLACES,
        "if lo < 0:",
        "if lo < INT64_MIN:",
        "A negative index is not noticed.",
        ("tests/language/test_values.py::test_faults",),
    ),
    Row(
        "no-queue-bound",
        PLACES,
        'compare("<", part, ir.QueueLength(queue)),',
        'compare("==", part, part),',
        "An element behind the end of a queue may be read.",
        ("tests/language/test_values.py::test_faults",),
    ),
    Row(
        "no-uninitialised-check",
        PLACES,
        "if not write and self.may_be_uninitialised(storage):",
        "if write and self.may_be_uninitialised(storage):",
        "A field of a new object may be read before anything was stored there.",
        ("tests/traps/test_semantics.py::test_an_uninitialised_field_is_seen",),
    ),
    Row(
        "range-not-checked-above",
        PLACES,
        "if greatest > hi:",
        "if greatest > 1 << 63:",
        "A store above the range is no violation.",
        ("tests/traps/test_semantics.py::test_a_range_is_left_above",),
    ),
    Row(
        "range-not-checked-below",
        PLACES,
        "if least < lo:",
        "if least < INT64_MIN:",
        "A store below the range is no violation.",
        ("tests/traps/test_semantics.py::test_a_range_is_left_below",),
    ),
    Row(
        "no-wrap",
        PLACES,
        "if lo >= 0 and hi < 1 << bits:",
        "if lo >= 0:",
        "A word keeps values that it has no bits for.",
        ("tests/traps/test_semantics.py::test_words_wrap",),
    ),
    Row(
        "all-marked",
        PLACES,
        "return ir.Kind.ONCE if storage.marked else ir.Kind.PLAIN",
        "return ir.Kind.ONCE",
        "Plain accesses count as marked, so nothing races.",
        ("tests/traps/test_semantics.py::test_plain_stores_of_the_same_value_race",),
    ),
    Row(
        "immortal-behind-pointers",
        PLACES,
        '(obj.kind != "shared" or obj.type.struct in self.world.freed)',
        'obj.kind != "shared"',
        "A shared object that is freed is never dead for those that hold a pointer.",
        ("tests/language/test_freed.py::test_a_shared_object_freed_by_another_thread_is_dead",),
    ),
    Row(
        "immortal-by-name",
        PLACES,
        "return isinstance(obj.type, Embedded) and obj.type.struct in self.world.freed",
        "return False",
        "A shared object that is freed is never dead for those that call it by name.",
        ("tests/language/test_freed.py::test_a_shared_object_freed_by_another_thread_is_dead",),
    ),
    Row(
        "no-double-free",
        OBJECTS,
        'self.check(ir.Alive(place), "double-free", place, node)\n'
        "        self.run_on_free(Storage(place, Embedded(struct)), node)\n"
        "        self.builder.emit(ir.Free(pointer.expr,",
        "self.run_on_free(Storage(place, Embedded(struct)), node)\n"
        "        self.builder.emit(ir.Free(pointer.expr,",
        "An object may be freed twice.",
        ("tests/language/test_objects.py::test_pools",),
    ),
    Row(
        "queue-overflow",
        CONTAINERS,
        'self.check(room, "capacity", queue.place, node)',
        "pass",
        "A full queue takes one more element.",
        ("tests/traps/test_semantics.py::test_queues_are_bounded_and_ordered",),
    ),
    Row(
        "division-by-zero",
        OPERATORS,
        "if lo <= 0 <= hi:",
        "if lo < 0 < hi:",
        "A word that may be zero may divide.",
        ("tests/traps/test_semantics.py::test_division_by_a_zero_of_memory_is_arithmetic",),
    ),
    Row(
        "shift-too-far",
        OPERATORS,
        "if hi > 63:",
        "if hi > 1 << 63:",
        "A shift by 64 and more gives a number.",
        ("tests/language/test_values.py::test_faults",),
    ),
    Row(
        "comparison-in-the-wrong-order",
        OPERATORS,
        "one, two = self.settled(left), self.settled(right)",
        "two, one = self.settled(right), self.settled(left)",
        "The right side of a comparison is loaded first.",
        ("tests/language/test_evaluation.py::test_the_left_operand_is_loaded_first",),
    ),
    Row(
        "target-loaded-last",
        ASSIGNMENTS,
        "old = self.load(place, node.target)\n            right = self.scalar(node.value)",
        "right = self.scalar(node.value)\n            old = self.load(place, node.target)",
        "`x += y` loads y before x.",
        ("tests/language/test_evaluation.py::test_an_augmented_store_loads_its_target_first",),
    ),
    Row(
        "range-decided-too-early",
        OPERATORS,
        "return True if ahi < blo else",
        "return True if ahi <= blo else",
        "A comparison that may be false is folded to True.",
        ("tests/language/test_evaluation.py::test_ranges_that_touch_decide_no_comparison",),
    ),
    Row(
        "short-circuit-the-wrong-way",
        CONDITIONS,
        "then, other = (more, done) if conjunction else (done, more)",
        "then, other = (more, done)",
        "`or` evaluates its right side where the left one is true.",
        (
            "tests/language/test_evaluation.py::test_a_condition_kept_as_a_value_is_evaluated_as_far_as_it_matters",
        ),
    ),
    Row(
        "wait-begins-no-step",
        CHOICES,
        "self.begin_step(node)\n        mode = Mode(",
        "mode = Mode(",
        "A wait runs together with the access before it.",
        ("tests/language/test_threads.py::test_a_spawned_slot_is_taken_again",),
    ),
    Row(
        "free-begins-no-step",
        OBJECTS,
        "span = self.span(node)\n        self.begin_step(node)\n        place = ",
        "span = self.span(node)\n        place = ",
        "A free runs together with the access before it.",
        ("tests/language/test_steps.py::test_a_field_that_something_frees_is_an_access",),
    ),
    Row(
        "assert-begins-no-step",
        STATEMENTS,
        "touched = reads_memory(value.expr) or self.builder.touched_since(mark, reads_memory)",
        "touched = False",
        "An assert on shared memory sees the state right after the step before it.",
        ("tests/language/test_checks.py::test_an_assert_is_true_when_the_step_runs",),
    ),
    Row(
        "atomic-joins-the-step-before",
        STATEMENTS,
        "self.begin_step(node)\n        with (",
        "with (",
        "An atomic block runs together with the access before it.",
        (
            "tests/language/test_steps.py::test_an_atomic_is_enabled_for_the_choices_that_reach_its_end",
        ),
    ),
    Row(
        "ghosts-die",
        PLACES,
        "if storage.ghost:\n            return\n        if self.may_be_dead",
        "if self.may_be_dead",
        "Ghosts are taken for memory that dies with its object.",
        ("tests/language/test_checks.py::test_ghosts_of_a_freed_object_can_be_read",),
    ),
    Row(
        "ghosts-steer",
        PLACES,
        "if storage.ghost and not self.mode.ghosts:",
        "if False:",
        "What the routine does may depend on ghosts.",
        ("tests/traps/test_semantics.py::test_a_ghost_cannot_steer_the_routine",),
    ),
    Row(
        "locals-that-count-need-no-type",
        ASSIGNMENTS,
        "elif other is not node or name in self.frame.ambiguous:",
        "elif False:",
        "A local is thought to keep the numbers written for it, and what asks for it is folded.",
        (
            "tests/rejects/test_rejects.py::test_each_line_gives_the_codes_it_names[local_counts_without_type]",
        ),
    ),
    Row(
        "on-free-forgotten",
        OBJECTS,
        "for path in self.paths_to(storage.type, of.struct):",
        "for path in ():",
        "What observes the end of an object is not asked.",
        ("tests/language/test_lifetimes.py::test_on_free_runs_for_what_dies_with_a_thread",),
    ),
    Row(
        "empty-choice-undoes-the-step-before",
        CHOICES,
        "or self.builder.inner or some == constant(1, BOOL):",
        "or True:",
        "The step before a choice from nothing does not happen.",
        (
            "tests/language/test_steps.py::test_a_choice_on_locals_from_nothing_blocks_after_the_step_before_it",
        ),
    ),
)
