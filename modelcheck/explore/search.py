"""The search: a program's states, one by one, each judged and expanded exactly once.

There is one loop.  Breadth-first, depth-first and random differ only in the worklist that says
which state is next; every one of them, if it ends because the list is empty, has seen the same
states and transitions.  Nothing is ever left out here: no reduction, no hashing of states.
"""

from __future__ import annotations

import sys
from array import array

from modelcheck.backends.python.model import Judge, Model, compile_program
from modelcheck.backends.python.outcomes import (
    BLOCKED,
    CutOutcomes,
    Failure,
    Outcome,
    State,
    list_outcomes,
)
from modelcheck.explore.coverage import find_ranges, find_unevaluated, find_untaken
from modelcheck.explore.deadlock import describe_deadlock, describe_stuck
from modelcheck.explore.findings import Findings, Origin
from modelcheck.explore.leak import LeakCheck
from modelcheck.explore.limits import Watch
from modelcheck.explore.options import Options, Progress
from modelcheck.explore.orders import find_cycles
from modelcheck.explore.properties import (
    Ending,
    Silence,
    decide,
    list_judged,
    list_needing_quiescence,
)
from modelcheck.explore.race import RaceCheck
from modelcheck.explore.result import Counts, Coverage, Move, Path, Result, Violation
from modelcheck.explore.scope import describe_scope
from modelcheck.explore.stuck import Edges
from modelcheck.explore.worklists import make_worklist
from modelcheck.ir.nodes import Program

EXPANSIONS_BETWEEN_LOOKS = 1024  # at clock, memory and interrupt flag


def explore(program: Program, options: Options | None = None) -> Result:
    """Explore a program (after all passes) with the python backend and judge its properties.

    Soundness: this is the definition of every verdict; tests/unit/explore checks counts against
    DESIGN 4 and each kind of violation against a program without it.
    """
    return Run(compile_program(program), options or Options()).execute()


class Run:
    """One exploration: what was found so far, and the loop that finds more."""

    def __init__(self, model: Model, options: Options) -> None:
        self._model = model
        self._options = options
        program = model.program
        self._silence = Silence(program)
        self._judged = list_judged(program, options.properties)
        self._findings = Findings(self._judged, self._silence)
        names = {j.name for j in self._judged}
        self._invariants = self._list_judges("invariant")
        self._finals = self._list_judges("final")
        self._reachable = self._list_judges("reachable")
        self._leak = LeakCheck(model.memory) if "leak" in names else None
        race = RaceCheck(model) if "data-race" in names else None
        self._race = race if race is not None and race.has_candidates else None
        self._edges = Edges() if "stuck" in names else None
        self._watch = Watch(options)

        self._index: dict[State, int] = {}
        self._states: list[State] = []
        self._parents = array("q")  # -1 for an initial state
        self._via = array("I")  # the thread that moved
        self._depths = array("I")
        self._choices: dict[int, tuple[int, ...]] = {}
        self._taken = [[0] * len(table) for table in model.tables]
        self._transitions = 0
        self._quiescent = 0
        self._deadlocks = 0
        self._seen: dict[str, Origin] = {}
        self._stopped_by = ""
        self._is_cut = False  # some step has more choices than were followed

    def _list_judges(self, kind: str) -> list[tuple[str, Judge]]:
        judges = self._model.judges
        return [(j.name, judges[j.name]) for j in self._judged if j.kind == kind]

    def execute(self) -> Result:
        """Explore until the space is exhausted or a limit is reached, then judge."""
        try:
            self._expand_all()
            if self._is_cut and not self._stopped_by:
                self._stopped_by = "choices"
        except KeyboardInterrupt:
            self._stopped_by = "interrupt"
        except MemoryError:
            self._edges = None
            self._stopped_by = "max-memory"
        return self._make_result()

    # -----------------------------------------------------------------------------------------
    # The loop

    def _expand_all(self) -> None:
        """Take states from the worklist, judge and expand each, until there is none."""
        options, model, watch = self._options, self._model, self._watch
        states, index, depths = self._states, self._index, self._depths
        parents, via, choices = self._parents, self._via, self._choices
        invariants, edges, race = self._invariants, self._edges, self._race
        max_states = options.max_states
        worklist = make_worklist(options)
        by_level = options.search == "bfs"
        tables = [(thread, table, self._taken[thread]) for thread, table in enumerate(model.tables)]
        targets = edges.targets if edges is not None else None
        level, expanded = 0, 0

        worklist.add(self._begin())
        # States from this number on belong to the next level (breadth-first): only those can still
        # get a lesser parent.  In another order nobody can.
        following = len(states) if by_level else sys.maxsize
        while (number := worklist.take()) is not None:
            depth = depths[number]
            if by_level and depth != level:
                level, following = depth, len(states)
                if self._may_stop_before(level):
                    return
            elif not by_level and self._may_stop_now():
                return
            if max_states is not None and len(states) > max_states:
                self._stopped_by = "max-states"
                return
            expanded += 1
            if not expanded % EXPANSIONS_BETWEEN_LOOKS:
                if reason := watch.find_reason_to_stop():
                    self._stopped_by = reason
                    return
                if watch.is_time_to_report():
                    self._report_progress(depth, len(worklist))
                if edges is not None and len(states) > options.stuck_limit:
                    edges = targets = self._edges = None

            state = states[number]
            for name, holds in invariants:
                answer = holds(state)
                if answer is not True:
                    self._add_broken(name, answer, number)
            if self._reachable:
                self._look_for(number)

            is_enabled, is_resting, is_failing = False, True, False
            found = []
            for thread, table, taken in tables:
                pc = state[thread]
                step = table[pc]
                if step is None:  # the thread has ended
                    continue
                result = step(state)
                if isinstance(result, tuple):
                    is_enabled = True
                    taken[pc] += 1
                    self._transitions += 1
                    target = index.get(result)
                    if target is None:
                        target = index[result] = len(states)
                        parents.append(number)
                        via.append(thread)
                        depths.append(depth + 1)
                        states.append(result)
                        found.append(target)
                    elif target >= following and state < states[parents[target]]:
                        self._move_parent(target, number, thread, ())
                    if targets is not None:
                        targets.append(target)
                elif isinstance(result, int):
                    if result == BLOCKED:
                        is_resting = False
                else:
                    is_enabled = True
                    outcomes = list_outcomes(result)
                    self._is_cut = self._is_cut or isinstance(outcomes, CutOutcomes)
                    taken[pc] += len(outcomes)
                    self._transitions += len(outcomes)
                    for outcome in outcomes:
                        reached = outcome.result
                        if outcome.orders:
                            self._add_orders(outcome, number, thread)
                        if isinstance(reached, Failure):
                            is_failing = True
                            self._add_failing_step(outcome, number, thread)
                            continue
                        target = index.get(reached)
                        if target is None:
                            target = index[reached] = len(states)
                            if outcome.choices:
                                choices[target] = outcome.choices
                            parents.append(number)
                            via.append(thread)
                            depths.append(depth + 1)
                            states.append(reached)
                            found.append(target)
                        elif target >= following and state < states[parents[target]]:
                            self._move_parent(target, number, thread, outcome.choices)
                        if targets is not None:
                            targets.append(target)
            if not is_enabled:
                self._judge_rest(number, is_resting)
            elif race is not None:
                self._judge_races(race, number)
            if edges is not None:
                edges.close(number, is_failing or not is_enabled)
            worklist.add(found)
        if len(worklist):
            self._stopped_by = "samples"

    def _move_parent(self, target: int, parent: int, thread: int, choices: tuple[int, ...]) -> None:
        """Let the path to a state lead over a lesser state of the level before.

        A step of one state is taken in increasing order of threads and choices, so the first that
        leads to `target` is the least; which path is told is then a fact about the program.
        """
        self._parents[target] = parent
        self._via[target] = thread
        if choices:
            self._choices[target] = choices
        else:
            self._choices.pop(target, None)

    def _begin(self) -> list[int]:
        """Put the initial states into the store; the failures among them are violations of
        length 0.
        """
        outcomes = self._model.start()
        self._is_cut = isinstance(outcomes, CutOutcomes)
        for outcome in outcomes:
            self._note_orders(outcome, 0, (), (), Origin(-1, "edge", (), outcome.choices))
            reached = outcome.result
            if isinstance(reached, Failure):
                origin = Origin(-1, "step", (), outcome.choices)
                self._findings.add(reached, 0, (), outcome.choices, origin)
            elif reached not in self._index:
                number = self._index[reached] = len(self._states)
                self._choices[number] = outcome.choices
                self._parents.append(-1)
                self._via.append(0)
                self._depths.append(0)
                self._states.append(reached)
        return list(range(len(self._states)))

    # -----------------------------------------------------------------------------------------
    # What a state or a transition shows

    def _add_broken(self, name: str, answer: bool | Failure, number: int) -> None:
        """Note that a property of a state does not hold, or fails to be asked."""
        failure = answer if isinstance(answer, Failure) else Failure(name)
        self._add_state(failure, number)

    def _add_state(self, failure: Failure, number: int) -> None:
        self._findings.add(failure, self._depths[number], self._states[number], (), Origin(number))

    def _look_for(self, number: int) -> None:
        """Ask for states that satisfy a `reachable`; the first one in rank is its witness."""
        for name, holds in self._reachable:
            answer = holds(self._states[number])
            if isinstance(answer, Failure):
                self._add_broken(name, answer, number)
            elif answer and (name not in self._seen or self._precedes(number, self._seen[name])):
                self._seen[name] = Origin(number)

    def _precedes(self, number: int, other: Origin) -> bool:
        mine = (self._depths[number], self._states[number])
        return mine < (self._depths[other.number], self._states[other.number])

    def _add_failing_step(self, outcome: Outcome, number: int, thread: int) -> None:
        failure = outcome.result
        if isinstance(failure, Failure):
            move = self._make_move(number, thread, outcome.choices)
            self._findings.add(
                failure,
                self._depths[number] + 1,
                self._states[number],
                (thread, *outcome.choices),
                Origin(number, "step", (move,)),
            )

    def _add_orders(self, outcome: Outcome, number: int, thread: int) -> None:
        move = self._make_move(number, thread, outcome.choices)
        tie = (thread, *outcome.choices)
        origin = Origin(number, "edge", (move,))
        self._note_orders(outcome, self._depths[number] + 1, self._states[number], tie, origin)

    def _note_orders(
        self, outcome: Outcome, depth: int, state: State, tie: tuple[int, ...], origin: Origin
    ) -> None:
        for order in outcome.orders:
            self._findings.add_order(order, depth, state, tie, origin)

    def _judge_rest(self, number: int, is_resting: bool) -> None:
        """Judge a state in which no step is enabled."""
        state = self._states[number]
        if not is_resting:
            self._deadlocks += 1
            self._add_state(Failure("deadlock"), number)
            return
        self._quiescent += 1
        for name, holds in self._finals:
            answer = holds(state)
            if answer is not True:
                self._add_broken(name, answer, number)
        if self._leak is not None:
            for failure in self._leak.find(state):
                self._add_state(failure, number)

    def _judge_races(self, race: RaceCheck, number: int) -> None:
        state = self._states[number]
        for failure, first, second in race.find(state):
            moves = tuple(self._make_move(number, t, choices) for t, choices in (first, second))
            tie = (first[0], *first[1], second[0], *second[1])
            self._findings.add(
                failure, self._depths[number], state, tie, Origin(number, "race", moves)
            )

    # -----------------------------------------------------------------------------------------
    # When to stop

    def _may_stop_before(self, level: int) -> bool:
        """Whether a breadth-first search ends before it expands this level.

        A step that fails at one level and an invariant that breaks at the next have the same
        depth, so the level of the first violation is always expanded to its end.
        """
        self._reachable = [
            (name, judge)
            for name, judge in self._reachable
            if name not in self._seen or name in self._model.fallible
        ]
        if self._options.stop == "first" and self._is_violated_before(level):
            self._stopped_by = "first"
        elif self._findings.list_violated() == {j.name for j in self._judged}:
            self._stopped_by = "decided"
        return bool(self._stopped_by)

    def _may_stop_now(self) -> bool:
        """Whether a search in another order ends here."""
        if self._options.stop == "first" and self._is_violated_before(None):
            self._stopped_by = "first"
        return bool(self._stopped_by)

    def _is_violated_before(self, level: int | None) -> bool:
        """Whether something is violated, at a depth below `level` if one is given."""
        least = self._findings.least_depth
        if least is not None and (level is None or least < level):
            return True
        return any(level is None or violation.depth < level for violation in self._list_cycles())

    def _report_progress(self, depth: int, waiting: int) -> None:
        if self._options.progress is not None:
            self._options.progress(
                Progress(len(self._states), self._transitions, depth, waiting, self._watch.seconds)
            )

    # -----------------------------------------------------------------------------------------
    # The result

    def _make_result(self) -> Result:
        states = len(self._states)
        exhausted = not self._stopped_by
        reasons = {}
        if exhausted and any(j.name == "stuck" for j in self._judged):
            if self._edges is None or states > self._options.stuck_limit:
                reasons["stuck"] = (
                    f"more than {self._options.stuck_limit:,} states; above that the edges that "
                    "`stuck` needs are not stored"
                )
            else:
                for number in self._edges.find_stuck(states):
                    self._add_state(Failure("stuck"), number)
        is_bfs = self._options.search == "bfs"
        counts = Counts(states, self._transitions, max(self._depths, default=0) if is_bfs else None)
        violations = self._make_violations("steps" if is_bfs else "no")
        ending = Ending(
            exhausted=exhausted,
            progress=f"stopped by {self._stopped_by} after {states:,} states and "
            f"{self._transitions:,} transitions",
            quiescent=self._quiescent,
            states=states,
            needs_quiescence=list_needing_quiescence(self._model.program),
            reasons=reasons,
            seen={name: self._make_path(origin) for name, origin in self._seen.items()},
        )
        properties = decide(self._judged, violations, ending)
        taken = self._count_taken()
        return Result(
            program=self._model.program.name,
            variant=self._options.variant,
            properties=properties,
            counts=counts,
            exhausted=exhausted,
            stopped_by=self._stopped_by,
            search=self._options.search,
            coverage=Coverage(
                taken=taken,
                untaken=find_untaken(self._model.program, taken),
                unevaluated=find_unevaluated(
                    self._model.program, self._judged, taken, states, self._quiescent
                ),
                ranges=find_ranges(self._model.memory, self._states),
                quiescent=self._quiescent,
                deadlocks=self._deadlocks,
            ),
            scope=describe_scope(self._model.program, properties, self._stopped_by),
        )

    def _make_violations(self, minimal: str) -> tuple[Violation, ...]:
        describe = {
            "deadlock": lambda state: describe_deadlock(self._model, state),
            "stuck": lambda state: describe_stuck(self._model, state),
        }
        return self._findings.sort(
            (
                *self._findings.make_violations(self._make_path, minimal, describe),
                *self._list_cycles(minimal),
            )
        )

    def _list_cycles(self, minimal: str = "no") -> tuple[Violation, ...]:
        """The violations that the recorded orders amount to: one per cycle."""
        orders = self._findings.orders
        made = []
        for cycle in find_cycles(frozenset(orders)):
            edges = [orders[edge] for edge in cycle.edges]
            made.append(
                Violation(
                    cycle.name,
                    " -> ".join((*cycle.members, cycle.members[0])),
                    cycle.members,
                    "; ".join(f"{e.second} is taken under {e.first}" for e in cycle.edges),
                    max(found.depth for found in edges),
                    tuple(self._make_path(found.origin) for found in edges),
                    minimal,
                )
            )
        return tuple(made)

    def _count_taken(self) -> dict[tuple[str, str], int]:
        """Transitions per location, the threads of a template together."""
        counts: dict[tuple[str, str], int] = {}
        for thread, taken in zip(self._model.memory.threads, self._taken, strict=True):
            labels = self._model.memory.locations(thread.template)
            for label, count in zip(labels, taken, strict=False):
                if count:
                    key = (thread.template, label)
                    counts[key] = counts.get(key, 0) + count
        return counts

    def _make_move(self, number: int, thread: int, choices: tuple[int, ...]) -> Move:
        labels = self._model.memory.locations(self._model.memory.threads[thread].template)
        return Move(thread, labels[self._states[number][thread]], choices)

    def _make_path(self, origin: Origin) -> Path:
        """The stored trace to an origin: back along the parents, then its own moves."""
        if origin.number < 0:
            return Path(origin.initial, (), origin.last)
        moves: list[Move] = []
        number = origin.number
        while (parent := self._parents[number]) >= 0:
            choices = self._choices.get(number, ())
            moves.append(self._make_move(parent, self._via[number], choices))
            number = parent
        moves.reverse()
        initial = self._choices[number]
        if origin.last == "race":
            return Path(initial, tuple(moves), "race", origin.moves)
        return Path(initial, (*moves, *origin.moves), origin.last)
