"""Program → all its states once more, with a note of what ran in them.

A search counts transitions, and on other backends or with reductions not even all of them.  What
else one wants to know of a program's states is looked up here, breadth-first and without
reductions, in as many states as the budget allows: so it is the same whatever searched before, and
nothing of it can change what a search finds.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable
from dataclasses import dataclass

from modelcheck.backends.python.covering import CoveringModel
from modelcheck.backends.python.outcomes import IDLE, CutOutcomes, Failure, State, list_outcomes
from modelcheck.ir.nodes import Program

LOOK_BUDGET = 200_000  # states, where nobody asks for another number
_EXPANSIONS_BETWEEN_LOOKS = 1024  # at the interrupt flag


@dataclass(frozen=True, slots=True)
class Look:
    """What was seen: the states with the least number of steps to each, all of them if `is_whole`;
    by thread and location the transitions taken and the states in which the thread had to wait.
    """

    model: CoveringModel
    states: list[State]
    depths: array[int]
    is_whole: bool
    taken: list[list[int]]
    waited: list[list[int]]


def look(
    program: Program, budget: int = LOOK_BUDGET, interrupted: Callable[[], bool] | None = None
) -> Look:
    """Visit the states of a program (after all passes), up to `budget` of them or until Ctrl-C.

    Invariants and `reachable` are asked in every state that is expanded, a `final` in those in
    which no step is enabled and every thread has ended or is at rest.
    """
    model = CoveringModel(program)
    kinds = {p.name: p.kind for p in program.properties}
    always = [j for name, j in model.judges.items() if kinds[name] in ("invariant", "reachable")]
    finals = [j for name, j in model.judges.items() if kinds[name] == "final"]
    taken = [[0] * len(table) for table in model.tables]
    waited = [[0] * len(table) for table in model.tables]
    began = model.start()
    is_cut = isinstance(began, CutOutcomes)
    starts = dict.fromkeys(o.result for o in began if not isinstance(o.result, Failure))
    states: list[State] = list(starts)
    depths = array("I", [0] * len(states))
    known = set(states)
    expanded = 0
    for state in states:  # grows while it is walked
        if len(states) > budget:
            break
        if not expanded % _EXPANSIONS_BETWEEN_LOOKS and interrupted is not None and interrupted():
            break
        for judge in always:
            judge(state)
        is_resting = True
        for thread, table in enumerate(model.tables):
            pc = state[thread]
            step = table[pc]
            if step is None:
                continue
            result = step(state)
            if isinstance(result, int):
                waited[thread][pc] += 1
                is_resting = is_resting and result == IDLE
                continue
            is_resting = False
            is_cut = is_cut or isinstance(result, CutOutcomes)
            for outcome in list_outcomes(result):
                taken[thread][pc] += 1
                reached = outcome.result
                if not isinstance(reached, Failure) and reached not in known:
                    known.add(reached)
                    states.append(reached)
                    depths.append(depths[expanded] + 1)
        if is_resting:
            for judge in finals:
                judge(state)
        expanded += 1
    is_whole = expanded == len(states) and not is_cut
    return Look(model, states[:expanded], depths[:expanded], is_whole, taken, waited)
