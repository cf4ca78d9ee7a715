"""Damages that hide a built-in check: one for each, noticed by the spec that the check is for.

Where a row of another file hides the check already, the same edit is tried against that spec.
"""

from dataclasses import replace

from tests.damage import rows_explore, rows_frontend
from tests.damage.row import Row

EMIT = "backends/python/emit.py"


def _name_test(check: str) -> tuple[str, ...]:
    return (f"tests/checks/test_builtin_checks.py::test_it_fires[{check}]",)


def _hide(check: str, file: str, old: str, new: str, wrong: str) -> Row:
    return Row(f"hides-{check}", file, old, new, wrong, _name_test(check))


def _hide_as(name: str, check: str) -> Row:
    """The edit of a row that is there already."""
    rows = (*rows_frontend.ROWS, *rows_explore.ROWS)
    known = next(row for row in rows if row.id == name)
    return replace(known, id=f"hides-{check}", tests=_name_test(check))


def _disable(check: str) -> Row:
    """For what would stop the checker itself if it were done."""
    return _hide(
        check,
        EMIT,
        "failure = write_failure(writer, fault, message, subject)",
        f"failure = str(IDLE) if fault == {check!r} else write_failure("
        "writer, fault, message, subject)",
        f"A step that fails with {check} is taken for one that waits at rest.",
    )


ROWS = (
    _disable("null-dereference"),
    _hide_as("no-alive-check", "use-after-free"),
    _hide_as("no-double-free", "double-free"),
    _hide(
        "uninitialised",
        "frontend/lowering/places.py",
        "if not write and self.may_be_uninitialised(storage):",
        "if False:",
        "A field of a new object may be read before anything was stored there.",
    ),
    _disable("out-of-bounds"),
    _hide_as("range-not-checked-above", "range"),
    _disable("capacity"),
    _hide_as("division-by-zero", "arithmetic"),
    _hide(
        "diverges",
        EMIT,
        "return {write_failure(self._writer, 'diverges', detail, None)}",
        "return {IDLE}",
        "A step that goes round for ever is taken for one that waits at rest.",
    ),
    _hide_as("deadlocks-rest", "deadlock"),
    _hide_as("every-state-is-a-goal", "stuck"),
    _hide(
        "leak",
        "explore/leak.py",
        "if (name, number) not in reached:",
        "if (name, number) not in self._statuses:",
        "What nothing leads to any more is no leak.",
    ),
    _hide_as("all-marked", "data-race"),
    _hide(
        "lock-order",
        "explore/orders.py",
        "if following == start:",
        "if following is None:",
        "No order of locks is ever a circle.",
    ),
    _hide(
        "lock-misuse",
        "kernel/mutex.py",
        'assert lock.owner == current(), "lock-misuse: mutex released by another thread"',
        "pass",
        "Anybody may release a mutex.",
    ),
    _hide(
        "sleep-in-atomic",
        "kernel/task.py",
        "assert tasks[current()].preempt_count == 0, "
        '"sleep-in-atomic: sleeping with preemption off"',
        "pass",
        "One may sleep under a spinlock.",
    ),
    _hide(
        "refcount",
        "kernel/refcount.py",
        'assert old >= i, "refcount: decremented below zero"',
        "pass",
        "More references are put than there are.",
    ),
    _hide(
        "rcu-misuse",
        "kernel/rcu.py",
        'assert task.rcu_nesting == 0, "rcu-misuse: the thread ends in a reader"',
        "pass",
        "A reader need not end.",
    ),
    _hide(
        "work-misuse",
        "kernel/workqueue.py",
        "assert tasks[current()].preempt_count == 0, "
        '"work-misuse: the function left preemption off"',
        "pass",
        "A work function may leave preemption off.",
    ),
    _hide(
        "text-use-after-unload",
        "kernel/module.py",
        'assert not mod.text_gone, "text-use-after-unload: the module\'s text is gone"',
        "pass",
        "The text of a module that was unloaded may run.",
    ),
    Row(
        "library-threads-are-not-read",
        "frontend/world.py",
        "        self.modules.read_imports(self.main, set())\n",
        "",
        "A kworker of the library is missing, and what it would do is never seen.",
        ("tests/unit/kernel/test_workqueue.py::test_an_item_runs_once_and_the_worker_rests",),
    ),
    Row(
        "variants-share-a-result",
        "api/judged.py",
        "return tuple(variant.settings.get(name, value) for name, value in defaults.items())",
        "return ()",
        "Every variant is given the result of the default.",
        ("tests/gate/test_gate.py::test_the_classics_are_as_expected",),
    ),
    Row(
        "last-spec-is-not-waited-for",
        "cli/side_by_side.py",
        "    for turn in range(count):\n",
        "    for turn in range(count - 1):\n",
        "A gate on several cores says nothing of its last spec.",
        (
            "tests/cli/test_side_by_side.py::test_the_answer_does_not_depend_on_the_jobs_nor_on_what_is_first",
        ),
    ),
    Row(
        "who-dies-has-found-nothing",
        "cli/side_by_side.py",
        'return InternalError(f"the process that checked {shown} {_tell_end(process)}")',
        "return Gated(api.GatedSpec(self._files[number]), None, None, (shown,), 0.0)",
        "A spec whose process died is no part of the gate.",
        ("tests/cli/test_side_by_side.py::test_a_process_that_dies_is_told_and_nothing_is_green",),
    ),
    Row(
        "unexpected-variants-pass-as-tests",
        "pytest_plugin.py",
        "if judgement.outcome is not Outcome.EXPECTED:",
        "if judgement.outcome is Outcome.INCONCLUSIVE:",
        "pytest takes a variant that is not as expected for one that is.",
        ("tests/unit/test_pytest_plugin.py::test_the_trace_is_the_text_of_a_failure",),
    ),
    Row(
        "undecided-variants-are-green",
        "ci/junit.py",
        '_add(case, "error", judgement.outcome.value, list(judgement.reasons))',
        "return",
        "A variant that was not explored to its end is a passed test in JUnit.",
        ("tests/cli/test_gate_files.py::test_what_was_not_decided_is_green_nowhere",),
    ),
    Row(
        "other-arguments-are-called-all-the-same",
        "frontend/lowering/indirect.py",
        "others = len(targets) < len(known)",
        "others = False",
        "A call of a local that holds a routine with other arguments runs another routine.",
        (
            "tests/language/test_fn.py::test_a_local_that_takes_other_arguments_is_a_fault_when_it_is_called",
        ),
    ),
    Row(
        "locks-of-the-library-are-one-class",
        "ir/classes.py",
        "            and not lookup.struct(of.struct).library\n",
        "",
        "All wait queue heads are one class.",
        (
            "tests/unit/ir/test_classes.py::test_a_field_of_the_library_is_of_the_class_of_its_place",
        ),
    ),
)
