"""Damages to symmetry: threads and elements that are told apart and exchanged all the same."""

from tests.damage.row import Row

SORTS = "reduce/sorts.py"
KINDS = "reduce/kinds.py"
NORMAL = "reduce/normal.py"
DECISIONS = "reduce/decisions.py"
FOLLOW = "reduce/follow.py"
EXCHANGE = "reduce/exchange.py"
SYMMETRY = "reduce/symmetry.py"
COMPARE = "reduce/compare.py"
PERMUTE = "reduce/permute.py"
CANONICAL = "reduce/canonical.py"
ORBITS = "explore/orbits.py"
RUNTIME = "backends/native/runtime/symmetry.c"

TRAPS = "tests/reduce/test_symmetry_traps.py::"
TOLD_APART = f"{TRAPS}test_slots_that_are_told_apart_are_not_exchanged"
FORMS = "tests/reduce/test_symmetry_orbits.py::"
COUNTED = f"{FORMS}test_there_are_as_many_canonical_states_as_orbits"
TRACES = "tests/reduce/test_symmetry_traces.py::"
BOTH = "tests/reduce/test_symmetry_agreement.py::"

ROWS = (
    Row(
        "symmetry-broken-sorts-heal",
        SORTS,
        "        if reason is not None:\n            self.reasons.setdefault(first, reason)\n",
        "        del reason\n",
        "A sort that is counted with is forgotten to be when it meets another.",
        (f"{TRAPS}test_a_reason_survives_whatever_sorts_meet",),
    ),
    Row(
        "symmetry-arithmetic-is-harmless",
        KINDS,
        'self.spoil(kind, f"it is counted with (`{op}`)")',
        "pass",
        "Threads that go round by number are exchanged.",
        (f"{TOLD_APART}[a count by number]",),
    ),
    Row(
        "symmetry-order-is-harmless",
        KINDS,
        "return numbers.start < sorts.number(self.kind, below) < numbers.stop\n",
        "return False\n",
        "Numbers that are compared in order are exchanged.",
        (f"{TOLD_APART}[an index that is compared in order]",),
    ),
    Row(
        "symmetry-ids-in-order",
        KINDS,
        'self.spoil(kind, "it is compared in order")',
        "pass",
        "Forks that are taken in order of their numbers are exchanged.",
        (f"{TRAPS}test_forks_taken_in_order_of_their_numbers",),
    ),
    Row(
        "symmetry-looks-have-no-order",
        COMPARE,
        "keeps = (scope.template, block.label) in self._ordered",
        "keeps = False",
        "A race that only one order of looking shows is lost.",
        (f"{TRAPS}test_the_order_in_which_memory_is_looked_at_counts_where_it_races",),
    ),
    Row(
        "symmetry-code-is-not-compared",
        COMPARE,
        "                if form != self._forms[id(node)]:\n",
        "                if False:\n",
        "The first free slot in slot order is taken for any free slot.",
        (f"{TOLD_APART}[the first free slot in order]",),
    ),
    Row(
        "symmetry-stretches-are-not-compared",
        "reduce/segments.py",
        "is_same = other.follow(start, {}, frozenset()) == first",
        "is_same = other.follow(start, {}, frozenset()) >= 0",
        "A loop that keeps the first free slot is one that only looks.",
        (f"{TOLD_APART}[the first free slot, kept in a local]",),
    ),
    Row(
        "symmetry-stretches-forget-locals",
        "reduce/segments.py",
        'return self._decisions.end(("goes on", at, kept, recorded))',
        'return self._decisions.end(("goes on", at, recorded))',
        "What a loop leaves in a local does not count.",
        (f"{TOLD_APART}[the last that is looked at]",),
    ),
    Row(
        "symmetry-properties-are-not-compared",
        COMPARE,
        "        return None if same else (",
        "        return None if same or True else (",
        "A property that names one thread is judged of any.",
        (f"{TRAPS}test_threads_that_a_property_names",),
    ),
    Row(
        "symmetry-starts-are-not-compared",
        COMPARE,
        "        if why := self._compare_starts(swap):\n            return why\n",
        "",
        "A crash puts back what belonged to another element.",
        (f"{TRAPS}test_start_values_of_their_own",),
    ),
    Row(
        "symmetry-checks-cannot-fail",
        FOLLOW,
        "            result = choose(check, result, FAILED)\n",
        "            result = choose(check, result, result)\n",
        "A property that cannot be asked of one element is the same as one that can.",
        (f"{TRAPS}test_a_property_that_fails_to_be_asked_of_one_tells_it_apart",),
    ),
    Row(
        "symmetry-some-slots-are-alike",
        EXCHANGE,
        "    return any(not numbers.isdisjoint(r) and not numbers >= set(r) for r in taken)\n",
        "    return False\n",
        "Slots on both sides of one that is told apart are exchanged.",
        (f"{TRAPS}test_a_slot_that_is_told_apart_keeps_all_of_them_apart",),
    ),
    Row(
        "symmetry-spawned-ids-may-be-kept",
        EXCHANGE,
        "    return used > passing\n",
        "    return False\n",
        "Which thread `spawn` takes is seen through an id that was kept.",
        (f"{TRAPS}test_spawn_takes_the_lowest_only_where_nobody_can_tell",),
    ),
    Row(
        "symmetry-choices-of-some-are-of-all",
        SYMMETRY,
        "if sorts.find(choice.kind.sort) == root and choice.leaves_out(sorts, numbers):",
        "if False:",
        "Elements that can never be chosen are exchanged for those that can.",
        (f"{TOLD_APART}[numbers among which only some are chosen]",),
    ),
    Row(
        "symmetry-queues-keep-names",
        PERMUTE,
        'if slot.role not in ("local", "field", "queue-element")',
        'if slot.role not in ("local", "field")',
        "A thread in a queue keeps its name while it moves.",
        (f"{COUNTED}[locks, queues, sets, per thread]",),
    ),
    Row(
        "symmetry-sets-keep-names",
        PERMUTE,
        "return None if table is None else NameSlot(table, is_set=True, first=1)",
        "return None",
        "A thread in a set keeps its name while it moves.",
        (f"{COUNTED}[locks, queues, sets, per thread]",),
    ),
    Row(
        "symmetry-stacks-stay",
        PERMUTE,
        '                elif obj.kind == "local" and obj.template == name:\n',
        "                elif False:\n",
        "A thread moves without its objects.",
        (f"{FORMS}test_what_is_exchanged_does_the_same[objects on stacks]",),
    ),
    Row(
        "symmetry-one-leaf-is-enough",
        CANONICAL,
        "            self._descend(picked, (*stem, point))\n            tried.append(point)\n",
        "            self._descend(picked, (*stem, point))\n            break\n",
        "Equal states have several forms.",
        (f"{FORMS}test_points_of_one_colour_that_differ_are_all_tried",),
    ),
    Row(
        "symmetry-colours-are-enough",
        CANONICAL,
        "        return min(self._leaves.items())\n",
        "        form, goes_to = min(self._leaves.items())\n"
        "        return tuple(sorted(form)), goes_to\n",
        "States that no exchange leads to each other have one form.",
        (f"{FORMS}test_all_members_of_an_orbit_have_one_form_which_is_one_of_them",),
    ),
    Row(
        "symmetry-one-name-for-all",
        ORBITS,
        "        return self._names.get(name, name)\n",
        '        return ""\n',
        "The violation of one object hides that of another.",
        (f"{TRACES}test_objects_that_are_exchanged_are_told_once_and_others_each",),
    ),
    Row(
        "symmetry-c-keeps-sets",
        RUNTIME,
        "if (target != NOBODY) member =",
        "if (target != NOBODY && !holder->is_set) member =",
        "A set of threads keeps its members in C while they move.",
        (f"{BOTH}test_both_backends_have_the_same_results_where_names_are_kept",),
    ),
)
