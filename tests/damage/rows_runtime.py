"""Damages to the fixed C files: where the search itself would see less, or say another thing."""

from tests.damage.row import Row

RUNTIME = "backends/native/runtime/"
UNIT = "tests/unit/backends/native/"
STORE = f"{UNIT}test_runtime_store.py::"
ALONE = f"{STORE}test_every_state_is_stored_once_while_the_table_grows[tiny-1]"
SLOTS = f"{UNIT}test_runtime_slots.py::"
FITS = f"{SLOTS}test_what_fits_is_stored_there_alone_and_what_does_not_is_refused"
QUEUES = f"{SLOTS}test_queues_do_what_python_queues_do"
NEW = f"{SLOTS}test_new_takes_what_python_takes"
SMALL = f"{UNIT}test_runtime_agrees.py::test_small_programs_have_the_same_results"
ONCE = "tests/agree/test_random.py::test_the_backends_agree_on_what_they_once_did_not"
SPECS = "tests/agree/test_specs.py::test_the_classics_have_the_same_results_with_tiny_sizes"

WORKER_ENDS = """\
    pthread_mutex_lock(&search->lock);
    if (--search->running == 0) pthread_cond_signal(&search->end);
    pthread_mutex_unlock(&search->lock);
"""


def row(name: str, file: str, old: str, new: str, wrong: str, *tests: str) -> Row:
    return Row(f"runtime-{name}", f"{RUNTIME}{file}", old, new, wrong, tests)


ROWS = (
    # The store
    row(
        "takes-tags-for-states",
        "store.c",
        "if (is_same(state_of(store, entry, words), state, words)) return MC_FOUND;",
        "return MC_FOUND;",
        "A state whose tag another one has is never expanded.",
        f"{STORE}test_states_of_one_tag_are_told_apart[tiny]",
    ),
    row(
        "compares-half-a-state",
        "store.c",
        "difference |= a[i] ^ b[i];",
        "difference = a[i] ^ b[i];",
        "Only the last word tells states apart.",
        f"{STORE}test_every_state_is_stored_once_while_the_table_grows[tiny-2]",
    ),
    row(
        "splits-the-wrong-way",
        "store.c",
        ">> bit & 1 ? high : low",
        ">> bit & 1 ? low : high",
        "After the table has doubled its entries are where nobody looks.",
        ALONE,
    ),
    row(
        "splits-by-another-bit",
        "store.c",
        "entries[i] >> MC_NUMBER_BITS >> bit & 1",
        "entries[i] >> MC_NUMBER_BITS >> (bit + 1) & 1",
        "Half of the entries are in the wrong group after the table has doubled.",
        ALONE,
    ),
    row(
        "loses-an-entry-in-growth",
        "store.c",
        "for (uint32_t i = 0; i < GROUP_SLOTS; i++)\n    if (entries[i]) place(",
        "for (uint32_t i = 1; i < GROUP_SLOTS; i++)\n    if (entries[i]) place(",
        "One entry of each group is forgotten when the table doubles.",
        ALONE,
    ),
    row(
        "publishes-without-asking",
        "store.c",
        "if (store->workers == 1)",
        "if (store->workers)",
        "Of two workers that use one slot, one loses its state.",
        f"{STORE}test_a_worker_that_is_overtaken_loses_no_state",
    ),
    row(
        "refuses-nothing",
        "model.h",
        "code > f->last - f->may_be_uninitialised",
        "code > (f->mask | f->last)",
        "A value that does not fit becomes another one, or a neighbour's.",
        FITS,
    ),
    # Steps and ways
    row(
        "keeps-dead-elements",
        "objects.c",
        "mc_put(m, queue + count, 0);",
        "",
        "What was taken out of a queue tells states apart.",
        QUEUES,
    ),
    row(
        "freed-is-free",
        "objects.c",
        "(pool->reuse && status == MC_FREED)",
        "status == MC_FREED",
        "A stale pointer leads to a new object.",
        NEW,
    ),
    row(
        "takes-the-lowest-always",
        "objects.c",
        "if (rank-- > 0) continue;",
        "",
        "With `reuse` only one free element is ever taken.",
        NEW,
    ),
    row(
        "leaves-out-the-last-choice",
        "way.c",
        "way->taken[way->digits - 1] + 1 == way->limits",
        "way->taken[way->digits - 1] + 2 == way->limits",
        "The last value of a choice is never chosen.",
        f"{SMALL}[test_python_steps]",
    ),
    row(
        "does-not-say-that-it-cut",
        "expand.c",
        "made >= MC_MAX_CHOICES_MADE) {\n      *is_cut = true;\n      break;",
        "made >= MC_MAX_CHOICES_MADE) {\n      *is_cut = false;\n      break;",
        "Ways that were not followed are passed over in silence.",
        f"{UNIT}test_runtime_agrees.py::test_what_is_not_followed_to_its_end_is_said",
    ),
    row(
        "patches-over",
        "model.h",
        "m[w->word] = (m[w->word] & w->keep) | w->set;",
        "m[w->word] = m[w->word] | w->set;",
        "What dies leaves its bits behind.",
        f"{SMALL}[test_python_threads]",
    ),
    row(
        "handlers-start-any-time",
        "expand.c",
        "if (!mc_get(state, &model->fields[known->flags[i]])) return false;",
        "(void)known->flags[i];",
        "An interrupt comes while interrupts are off.",
        f"{SMALL}[test_python_threads]",
    ),
    row(
        "targets-go-on",
        "expand.c",
        "if (!is_at_rest(model, state, known->handlers[i])) return false;",
        "(void)is_at_rest;",
        "A thread steps while its CPU handles an interrupt.",
        f"{SMALL}[test_python_threads]",
    ),
    # Levels
    row(
        "does-not-wait-for-all",
        "crew.c",
        f"    task(worker);\n{WORKER_ENDS}",
        f"{WORKER_ENDS}    task(worker);\n",
        "A level begins while a worker still expands the one before.",
        SPECS,
    ),
    row(
        "forgets-what-is-under-way",
        "search.c",
        "if (worker->unit.first < worker->unit.end || worker->batch.count) return true;",
        "if (worker->unit.first < worker->unit.end) return true;",
        "Successors that wait for the table to grow are dropped.",
        "tests/agree/test_specs.py::test_a_group_that_is_full_at_the_end_of_a_level_loses_no_state",
    ),
    row(
        "judges-no-deeper-state",
        "search.c",
        "if (key->kind == MC_SATISFIED && !search->model->properties[key->parts[0]].can_fail)",
        "if (key->kind == MC_SATISFIED)",
        "A `reachable` that was seen is not asked again, though asking can fail.",
        f"{SMALL}[test_properties]",
    ),
    # Checks
    row(
        "invariants-hold",
        "check.c",
        "property->kind == MC_INVARIANT ? answer != 1 :",
        "property->kind == MC_INVARIANT ? answer == 7 :",
        "No invariant ever breaks.",
        f"{SMALL}[test_properties]",
    ),
    row(
        "finals-hold",
        "check.c",
        "if (model->properties[i].judge(state) != 1) add_state(",
        "if (model->properties[i].judge(state) == 7) add_state(",
        "No `final` ever breaks.",
        f"{SMALL}[test_properties]",
    ),
    row(
        "reaches-nothing",
        "check.c",
        "property->kind == MC_REACHABLE && answer == 1)",
        "property->kind == MC_REACHABLE && answer == 7)",
        "No state satisfies a `reachable`.",
        f"{SMALL}[test_properties]",
    ),
    row(
        "leaks-nothing",
        "check.c",
        "if (is_alive && !worker->marks[i]) add_state",
        "if (is_alive && worker->marks[i] > 1) add_state",
        "No leak is seen.",
        f"{SMALL}[test_leak]",
    ),
    row(
        "holds-by-dead-objects",
        "check.c",
        "if (mc_get(state, &model->fields[model->elements[element].status]) == MC_ALIVE)",
        "if (mc_get(state, &model->fields[model->elements[element].status]) != MC_ALIVE)",
        "What a live object holds counts as leaked.",
        f"{SMALL}[test_leak]",
    ),
    row(
        "sees-no-deadlock",
        "check.c",
        "if (search->options->deadlock) add_state",
        "if (search->options->deadlock && worker->deadlocks == 0) add_state",
        "No deadlock is reported.",
        f"{SMALL}[test_deadlock]",
    ),
    row(
        "plain-accesses-do-not-race",
        "check.c",
        "(flags & MC_WRITE) && (flags & MC_PLAIN)",
        "(flags & MC_WRITE) && !(flags & MC_PLAIN)",
        "Only what is marked races.",
        f"{SMALL}[test_race]",
    ),
    row(
        "two-threads-do-not-race",
        "expand.c",
        "(racing > 1 || model->stubborn) && search->wants_races",
        "(racing > 2 || model->stubborn) && search->wants_races",
        "States in which only two threads could race are not looked at.",
        f"{SMALL}[test_race]",
    ),
    row(
        "races-while-interrupts-forbid",
        "check.c",
        "if (search->has_gates && !(mc_is_open(model, state, race->a, a) &&",
        "if (!search && !(mc_is_open(model, state, race->a, a) &&",
        "A step that an interrupt stops races all the same.",
        f"{UNIT}test_runtime_agrees.py::test_what_an_interrupt_stops_does_not_race",
    ),
    row(
        "records-no-order",
        "expand.c",
        "if (way->order_count) note_orders(worker, expansion->state, expansion->thread, way);",
        "if (way->order_count > 9) note_orders(worker, expansion->state, expansion->thread, way);",
        "No lock order is ever violated.",
        f"{SMALL}[test_orders]",
    ),
    row(
        "saves-by-quick-looks-alone",
        "stuck.c",
        "} while (sweep(search, true) && search->is_left);",
        "} while (search->is_left);",
        "What only another successor saves is not asked for.",
        f"{SMALL}[test_stuck]",
    ),
    row(
        "nothing-is-stuck",
        "stuck.c",
        "if (search->is_left && !is_stopped) add_unmarked(search);",
        "if (search->is_left && is_stopped) add_unmarked(search);",
        "A program that can never end is not seen.",
        f"{SMALL}[test_stuck]",
    ),
    # What is told
    row(
        "tells-the-greatest-witness",
        "states.c",
        "if (x != y) return x < y ? -1 : 1;",
        "if (x != y) return x > y ? -1 : 1;",
        "Of several witnesses of one depth another one is told.",
        SPECS,
    ),
    row(
        "starts-with-the-wrong-choices",
        "path.c",
        "if (first != i) set_moves(&paths.nodes[i], &paths.nodes[first].moves);",
        "(void)first;",
        "Of several paths from one start only the first is right.",
        ONCE,
    ),
    row(
        "does-not-tell-again",
        "findings.c",
        "    *known = made;",
        "    made.is_told = known->is_told;\n    *known = made;",
        "A better witness that came after the first was told is kept to itself.",
        ONCE,
    ),
)
