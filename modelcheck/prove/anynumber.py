"""Program → what z3 can say of it with any number of threads."""

from __future__ import annotations

from collections.abc import Mapping

from modelcheck.backends.smt.system import make_system
from modelcheck.explore.options import Options
from modelcheck.explore.properties import list_judged
from modelcheck.explore.race import RACE
from modelcheck.prove.bounded import BoundedSearch
from modelcheck.prove.family import Family, Make, find_family
from modelcheck.prove.frames import Frames
from modelcheck.prove.goals import Goal, asks_for_subjects, list_goals
from modelcheck.prove.learn import MOST_THREADS, ROOM, Learner
from modelcheck.prove.prove import (
    NO_START,
    START_FAILS,
    ProveOptions,
    list_considered,
    tell_failure,
)
from modelcheck.prove.result import TRIVIAL, Answer, Proof, Proving
from modelcheck.prove.solver import Clock, OutOfTimeError
from modelcheck.prove.witness import AtStart, show_violation

OF_ALL_AT_ONCE = "it is about all threads at once"
OF_ALL_RUNS = "it is about all that is ever recorded, not about a state"


def prove_any(make: Make, parameters: Mapping[str, int], options: ProveOptions) -> Proving:
    """Try to prove properties of a spec with any number of threads: `make` gives its program for
    other values of parameters, of which `parameters` are the values now.

    Raises `UnsupportedError` where the spec has no such threads.

    Soundness: as `find_family` and `Learner`.  Nothing is called violated but what the start fails
    with, which is the same for any number.
    """
    family = find_family(make, parameters)
    judged = list_considered(family.big, options.properties)
    touches = any(j.name == RACE for j in judged)
    asked = asks_for_subjects(family.big)
    system = make_system(family.big, asked=asked, touches=touches, room=ROOM)
    goals = list_goals(system, judged)
    clock = Clock(options.seconds, options.interrupted)
    wanted = [goal for goal in goals.all if goal.bads and _is_about_few(goal)]
    stopped, facts, proved, failed = False, 0, frozenset[str](), {}
    at_start, has_start, is_judged = [], True, False  # what the start does, once that is known
    try:
        search = BoundedSearch(Frames(system), clock)
        at_start = search.list_failing_starts(goals.at_start)
        has_start, is_judged = search.has_start(), True
        if has_start:
            options.notice(f"learning from {len(family.small)} programs")
            learned = Learner(family, system, clock).learn(wanted)
            facts, proved = learned.facts, frozenset(goal.key for goal in learned.proved)
            failed = {seen.goal.name: tell_failure(seen) for seen in learned.failed}
    except OutOfTimeError:
        stopped = True
    proofs = []
    for one in list_judged(family.big, options.properties):
        mine = [goal for goal in goals.all if goal.name == one.name]
        if one.name in at_start:
            proof = Proof(one.name, one.kind, Answer.VIOLATED, START_FAILS, 0)
        elif not has_start:
            proof = Proof(one.name, one.kind, Answer.NOT_ASKED, NO_START)
        elif not mine:
            proof = Proof(one.name, one.kind, Answer.NOT_ASKED, goals.open[one.name])
        elif any(goal.order is not None for goal in mine):
            proof = Proof(one.name, one.kind, Answer.NOT_ASKED, OF_ALL_RUNS)
        elif is_judged and not any(goal.bads for goal in mine):
            proof = Proof(one.name, one.kind, Answer.PROVED, TRIVIAL)
        elif not all(map(_is_about_few, mine)):
            proof = Proof(one.name, one.kind, Answer.NOT_ASKED, OF_ALL_AT_ONCE)
        elif is_judged and all(goal.key in proved for goal in mine if goal.bads):
            by = f"{facts:,} facts about two threads and how many stand where"
            proof = Proof(one.name, one.kind, Answer.PROVED, by)
        else:
            proof = Proof(one.name, one.kind, Answer.OPEN, "", None, failed.get(one.name))
        proofs.append(proof)
    violated = [proof.name for proof in proofs if proof.answer is Answer.VIOLATED]
    chosen = Options(variant=options.variant, properties=options.properties)
    return Proving(
        tuple(proofs),
        -1,
        is_over=False,
        violation=show_violation(make({}), chosen, (), AtStart(violated), 0),
        stopped=stopped,
        family=tell_family(family),
        counted=family.parameters,
        program=family.big,
    )


def tell_family(family: Family) -> str:
    """`any number of threads close (up to 4,194,304)`."""
    names = " and ".join(sorted(family.templates))
    return f"any number of threads {names} (up to {MOST_THREADS:,})"


def _is_about_few(goal: Goal) -> bool:
    """Whether two threads and shared memory can tell that a state is bad."""
    about_all = ("final", "reachable")
    is_about_all = goal.judged.kind in about_all or goal.name in ("deadlock", "leak")
    return not is_about_all and goal.order is None
