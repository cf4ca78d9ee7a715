"""Damages to the backends: what a step does, what it leaves undone, and what is run."""

from tests.damage.row import Row

EMIT = "backends/python/emit.py"
RUNTIME = "backends/python/runtime.py"
FACTS = "backends/facts.py"
INTERRUPTS = "backends/python/interrupts.py"
MODEL = "backends/python/model.py"
EXPRESSIONS = "backends/python/expressions.py"
REGIONS = "ir/regions.py"
CACHE = "backends/native/cache.py"

ROWS = (
    Row(
        "cut-choices-count-as-all",
        RUNTIME,
        "return CutOutcomes(outcomes)",
        "return outcomes",
        "Ways that were not followed count as visited.",
        (
            "tests/traps/test_semantics.py::test_a_local_loop_that_chooses_in_every_round_ends_inconclusive",
        ),
    ),
    Row(
        "dead-locals-stay",
        EMIT,
        "self._emit_dead_slots(block.live)",
        "pass",
        "Equal situations are different states.",
        (
            "tests/unit/backends/test_python_steps.py::test_with_reuse_every_free_slot_is_a_choice_in_order",
        ),
    ),
    Row(
        "locals-of-the-dead-stay",
        EMIT,
        "self._emit_dead_slots(())",
        "pass",
        "The locals of an ended thread stay part of the state.",
        (
            "tests/unit/backends/test_python_steps.py::test_a_local_that_lives_until_the_end_is_zero_behind_it",
        ),
    ),
    Row(
        "word-keeps-its-bits",
        "ir/ops.py",
        "(1 << bits) - 1",
        "(1 << 2 * bits) - 1",
        "A word wraps at twice its bits.",
        ("tests/traps/test_semantics.py::test_words_wrap",),
    ),
    Row(
        "checks-not-written",
        EMIT,
        "failure = write_failure(writer, fault, message, subject)\n"
        '                text.line(f"if not {writer.write(condition)}: return {failure}")',
        "failure = write_failure(writer, fault, message, subject)\n"
        '                text.line(f"if False: return {failure}")',
        "No fault is ever noticed.",
        ("tests/unit/backends/test_python_steps.py::test_a_failing_check_names_its_subject",),
    ),
    Row(
        "asserts-not-written",
        EMIT,
        "failure = write_failure(writer, property_, detail, subject)\n"
        '                text.line(f"if not {writer.write(condition)}: return {failure}")',
        "failure = write_failure(writer, property_, detail, subject)\n"
        '                text.line(f"if False: return {failure}")',
        "No assert ever fails.",
        (
            "tests/traps/test_semantics.py::test_a_step_that_fails_has_no_successor_but_others_go_on",
        ),
    ),
    Row(
        "idle-waits-block",
        EMIT,
        'return {IDLE if idle else BLOCKED}"',
        'return {IDLE}"',
        "A thread that waits for ever is at rest, so nothing deadlocks.",
        ("tests/unit/backends/test_python_steps.py::test_disabled_steps_say_whether_they_rest",),
    ),
    Row(
        "any-idle-path-rests",
        RUNTIME,
        "disabled = min(disabled, result)",
        "disabled = max(disabled, result)",
        "A step rests though one of its ways waits for something.",
        (
            "tests/unit/explore/test_deadlock.py::test_a_step_rests_only_if_every_disabled_path_is_idle",
        ),
    ),
    Row(
        "last-choice-not-taken",
        RUNTIME,
        "self.taken[-1] + 1 == self.limits[-1]",
        "self.taken[-1] + 2 >= self.limits[-1]",
        "The last value of a choice is never tried.",
        (
            "tests/unit/backends/test_python_steps.py::test_choices_come_in_increasing_order_without_the_disabled_ones",
        ),
    ),
    Row(
        "choices-in-the-wrong-order",
        RUNTIME,
        "return self.taken[position]",
        "return count - 1 - self.taken[position]",
        "Choices are taken from the last to the first.",
        (
            "tests/unit/backends/test_python_steps.py::test_choices_come_in_increasing_order_without_the_disabled_ones",
        ),
    ),
    Row(
        "new-takes-the-lowest-slot",
        RUNTIME,
        "rank = chooser.pick(len(free)) if known.reuse and chooser is not None else 0",
        "rank = 0",
        "Of several free slots only the first comes back.",
        (
            "tests/unit/backends/test_python_steps.py::test_with_reuse_every_free_slot_is_a_choice_in_order",
        ),
    ),
    Row(
        "freed-slots-come-back",
        FACTS,
        "((status, NEVER_USED if comes_back else FREED), *zeros)",
        "((status, NEVER_USED), *zeros)",
        "A stale pointer meets a new object instead of a freed one.",
        (
            "tests/unit/backends/test_python_steps.py::test_what_is_freed_is_zero_and_never_comes_back",
        ),
    ),
    Row(
        "freed-stays-alive",
        FACTS,
        "((status, NEVER_USED if comes_back else FREED), *zeros)",
        "((status, ALIVE), *zeros)",
        "Free does not end a life.",
        (
            "tests/unit/backends/test_python_steps.py::test_what_is_freed_is_zero_and_never_comes_back",
        ),
    ),
    Row(
        "freed-fields-stay",
        FACTS,
        "((status, NEVER_USED if comes_back else FREED), *zeros)",
        "((status, NEVER_USED if comes_back else FREED),)",
        "What a freed object held stays part of the state.",
        (
            "tests/unit/backends/test_python_steps.py::test_what_is_freed_is_zero_and_never_comes_back",
        ),
    ),
    Row(
        "crash-keeps-pools",
        FACTS,
        'if kind in ("shared", "pool") and not is_kept:',
        'if kind == "shared" and not is_kept:',
        "Objects of a pool survive a crash.",
        (
            "tests/unit/backends/test_python_threads.py::test_a_crash_ends_the_others_and_resets_what_is_neither_durable_nor_a_global_ghost",
        ),
    ),
    Row(
        "crash-keeps-nothing",
        FACTS,
        'is_kept = slot.durable or (slot.ghost and kind != "per_thread")',
        'is_kept = slot.ghost and kind != "per_thread"',
        "What is durable is lost in a crash.",
        ("tests/traps/test_semantics.py::test_a_crash_keeps_only_what_is_durable",),
    ),
    Row(
        "crash-spares-the-others",
        FACTS,
        "if other.number != thread.number:",
        "if False:",
        "The other threads go on after a crash.",
        (
            "tests/unit/backends/test_python_threads.py::test_a_crash_ends_the_others_and_resets_what_is_neither_durable_nor_a_global_ghost",
        ),
    ),
    Row(
        "per-thread-objects-stay",
        FACTS,
        'if obj.kind == "per_thread":\n'
        "                found += self._list_zeros(obj, thread.number)",
        'if obj.kind == "per_thread":\n                found += ()',
        "What an ended thread had stays part of the state.",
        ("tests/unit/backends/test_python_steps.py::test_dead_locals_and_ended_threads_are_zero",),
    ),
    Row(
        "per-thread-objects-live-on",
        RUNTIME,
        "and (thread < 0 or m[thread] != ended[thread])",
        "",
        "The objects of an ended thread may be touched.",
        (
            "tests/unit/backends/test_python_threads.py::test_a_per_thread_object_is_dead_once_its_thread_has_ended",
        ),
    ),
    Row(
        "interrupts-stay-off",
        FACTS,
        "found.append((base + thread.number, 1))",
        "pass",
        "An ended thread keeps interrupts off.",
        (
            "tests/unit/backends/test_python_threads.py::test_a_handler_starts_after_its_target_has_ended_with_interrupts_off",
        ),
    ),
    Row(
        "stack-objects-live-on",
        FACTS,
        "leave={o.name: self._list_zeros(o, thread.index) for o in mine}",
        "leave={o.name: () for o in mine}",
        "A stack object lives on when its routine returns.",
        (
            "tests/unit/backends/test_python_threads.py::test_touching_a_local_object_after_its_routine_returned_is_use_after_free",
        ),
    ),
    Row(
        "target-goes-on",
        INTERRUPTS,
        "if state[handler] not in resting:",
        "if False:",
        "A thread goes on while its handler runs.",
        (
            "tests/unit/backends/test_python_threads.py::test_the_interrupted_thread_stands_still_until_the_handler_ends",
        ),
    ),
    Row(
        "one-flag-is-enough",
        INTERRUPTS,
        "all(state[flag] for flag in flags)",
        "any(state[flag] for flag in flags)",
        "A softirq runs though one of the flags is off.",
        ("tests/unit/backends/test_python_threads.py::test_a_softirq_needs_both_flags",),
    ),
    Row(
        "handlers-never-start",
        INTERRUPTS,
        "if state[target] == ended or all(",
        "if state[target] == ended and all(",
        "A handler waits until its target has ended.",
        (
            "tests/unit/backends/test_python_threads.py::test_a_handler_starts_only_while_interrupts_are_on",
        ),
    ),
    Row(
        "handlers-come-back",
        REGIONS,
        "if back := first & list_exits(template.body, region):",
        "if back := frozenset[str]():",
        "A handler that comes back to its start is taken for one that has not started.",
        (
            "tests/unit/backends/test_python_threads.py::test_a_handler_that_comes_back_to_its_start_is_refused",
        ),
    ),
    Row(
        "later-divergence",
        REGIONS,
        "MAX_BLOCKS = 10_000",
        "MAX_BLOCKS = 20_000",
        "A step diverges later than docs/ir.md says.",
        (
            "tests/unit/backends/test_python_steps.py::test_ten_thousand_blocks_are_allowed_and_one_more_diverges",
        ),
    ),
    Row(
        "spawned-again-as-it-was",
        MODEL,
        "for slot, value in birth:",
        "for slot, value in ():",
        "A slot that is spawned again does not start anew.",
        ("tests/unit/backends/test_python_threads.py::test_a_slot_is_spawned_again_as_new",),
    ),
    Row(
        "failing-start-goes-on",
        MODEL,
        "return start(m, chooser, *arguments), thread.number + 1",
        "start(m, chooser, *arguments)\n                    return None, thread.number + 1",
        "What fails in the local work of a spawned thread is lost.",
        (
            "tests/unit/backends/test_python_threads.py::test_a_spawned_thread_whose_start_fails_fails_the_spawn",
        ),
    ),
    Row(
        "failing-property-holds",
        MODEL,
        "        if isinstance(answer, Failure):\n            detail",
        "        if isinstance(answer, Failure):\n            return True\n            detail",
        "A property that cannot be evaluated holds.",
        (
            "tests/unit/explore/test_properties.py::test_a_check_that_fails_inside_a_property_violates_it",
        ),
    ),
    Row(
        "one-initial-state",
        MODEL,
        "return list_outcomes(follow_choices(self._observe(begin))(()))",
        "return list_outcomes(follow_choices(self._observe(begin))(()))[:1]",
        "Only the first choice of the start is explored.",
        (
            "tests/unit/explore/test_counts.py::test_choices_in_local_work_before_the_first_step_make_several_initial_states",
        ),
    ),
    Row(
        "writes-watched-as-reads",
        EXPRESSIONS,
        "{key}, {is_write}, KIND_",
        "{key}, False, KIND_",
        "Two stores do not race.",
        ("tests/unit/explore/test_race.py::test_two_accesses_race",),
    ),
    Row(
        "queue-taken-from-the-wrong-end",
        RUNTIME,
        "return _take(m, b, 1)",
        "return _take(m, b, m[b])",
        "A queue is a stack.",
        ("tests/unit/backends/test_python_steps.py::test_queue_operations",),
    ),
    Row(
        "anybodys-cache",
        CACHE,
        "return stat.S_ISDIR(facts.st_mode) and _is_private(facts)",
        "return stat.S_ISDIR(facts.st_mode)",
        "What somebody else put into the cache is run.",
        (
            "tests/unit/backends/native/test_build_cache.py::test_a_folder_that_others_can_write_is_not_used",
        ),
    ),
    Row(
        "cut-entries-are-run",
        CACHE,
        "if size < 0 or content[size:] != _make_mark(key, content[:size]):",
        "if size < 0:",
        "An executable that was cut off or swapped is run.",
        (
            "tests/unit/backends/native/test_build_cache.py::test_an_entry_in_the_place_of_another_is_none",
        ),
    ),
)
