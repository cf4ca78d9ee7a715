"""The search: a program's states, one by one, each judged and expanded exactly once.

There is one loop.  Breadth-first, depth-first and random differ only in the worklist that says
which state is next; every one of them, if it ends because the list is empty, has seen the same
states and transitions.  What a reduction leaves out is a function of the state (`reduce`); nothing
else is ever left out here, and states are not hashed.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Sequence
from dataclasses import replace

from modelcheck.backends.python.model import Judge, Model, compile_program
from modelcheck.backends.python.outcomes import (
    BLOCKED,
    CutOutcomes,
    Failure,
    Outcome,
    State,
    StepResult,
    list_outcomes,
)
from modelcheck.diagnostics import InternalError
from modelcheck.explore.coverage import find_ranges
from modelcheck.explore.deadlock import describe_deadlock, describe_stuck
from modelcheck.explore.ending import Answers, Tally, make_path, make_result
from modelcheck.explore.findings import Found, Origin
from modelcheck.explore.judging import Judging
from modelcheck.explore.leak import LeakCheck
from modelcheck.explore.limits import Watch
from modelcheck.explore.options import Options, Progress
from modelcheck.explore.orbits import Orbits, Told, list_tables
from modelcheck.explore.passing import Passing, Source
from modelcheck.explore.race import RaceCheck
from modelcheck.explore.reducing import make_tables
from modelcheck.explore.result import FieldRange, Move, Path, Result
from modelcheck.explore.stuck import Edges
from modelcheck.explore.walk import make_move, take, walk
from modelcheck.explore.worklists import make_worklist
from modelcheck.ir.nodes import Program
from modelcheck.reduce import Fuse, StubbornSets

EXPANSIONS_BETWEEN_LOOKS = 1024  # at clock, memory and interrupt flag


def explore(
    program: Program, options: Options | None = None, *, watch: Watch | None = None
) -> Result:
    """Explore a program (after all passes) with the python backend and judge its properties.

    `watch` has the time that was spent before.

    Soundness: this is the definition of every verdict; tests/unit/explore checks counts against
    DESIGN 4 and each kind of violation against a program without it.
    """
    options = options or Options()
    return Run(compile_program(program), options, watch).execute()


class Run:
    """One exploration: what was found so far, and the loop that finds more."""

    def __init__(self, model: Model, options: Options, watch: Watch | None = None) -> None:
        if options.begin is not None and options.reduce:
            raise ValueError("a search from a state in the middle has no reductions")
        self._model = model
        self._options = options
        self._judging = Judging(model.memory, options)
        self._findings = self._judging.findings
        names = self._judging.names
        self._invariants = self._list_judges("invariant")
        self._finals = self._list_judges("final")
        self._reachable = self._list_judges("reachable")
        self._leak = LeakCheck(model.memory) if "leak" in names else None
        race = RaceCheck(model) if "data-race" in names else None
        self._race = race if race is not None and race.has_candidates else None
        self._edges = Edges() if "stuck" in names else None
        self._watch = watch or Watch(options)
        tables = list_tables(model.memory, options)
        self._orbits = Orbits(model.memory, tables) if tables is not None else None
        self._canonical = self._orbits.canonical if self._orbits is not None else None
        if self._orbits is not None:
            self._findings.represent = self._orbits.represent
        if tables is not None:
            self._findings.assumed = tables.assumed

        stubborn = make_tables(model.program, options)
        self._stubborn = None if stubborn is None else StubbornSets(stubborn)

        self._index: dict[State, int] = {}
        self._states: list[State] = []
        self._parents = array("q")  # -1 for an initial state
        self._via = array("I")  # the thread that moved
        self._depths = array("I")
        self._choices: dict[int, tuple[int, ...]] = {}
        self._taken = [[0] * len(table) for table in model.tables]
        self._passing = self._make_passing() if "fuse" in options.reduce else None
        self._transitions = 0
        self._quiescent = 0
        self._deadlocks = 0
        self._stopped_by = ""
        self._is_cut = False  # some step has more choices than were followed

    def _list_judges(self, kind: str) -> list[tuple[str, Judge]]:
        judges = self._model.judges
        return [(p.name, judges[p.name]) for p in self._judging.list_properties(kind)]

    def _make_passing(self) -> Passing:
        """What goes through the states that are not stored."""
        fuse = Fuse(self._model.tables, self._stubborn, self._canonical)
        return Passing(
            self._model,
            fuse,
            self._findings,
            self._index,
            self._taken,
            invariants=self._invariants,
            reachable=self._reachable,
            # Two steps race only where both are enabled: without stubborn sets there is one.
            race=self._race if self._stubborn is not None else None,
            keeps=self._options.asks_for_ranges,
        )

    def execute(self) -> Result:
        """Explore until the space is exhausted or a limit is reached, then judge.

        Where what symmetry assumed is refuted, the result is that of a run without assumptions.
        """
        try:
            self._expand_all()
            if self._is_cut and not self._stopped_by:
                self._stopped_by = "choices"
        except KeyboardInterrupt:
            self._stopped_by = "interrupt"
        except MemoryError:
            self._edges = None
            self._stopped_by = "max-memory"
        if self._findings.is_refuted:
            again = Run(self._model, self._make_strict_options())
            if self._stopped_by != "interrupt":
                return again.execute()
            again._stopped_by = "interrupt"
            return again._make_result()
        return self._make_result()

    def _make_strict_options(self) -> Options:
        """The same run without assumptions, in the time that is left."""
        left = self._options.timeout_seconds
        if left is not None:
            left = max(0.0, left - self._watch.seconds)
        return replace(self._options, symmetry_assumes=False, timeout_seconds=left)

    # -----------------------------------------------------------------------------------------
    # The loop

    def _expand_all(self) -> None:
        """Take states from the worklist, judge and expand each, until there is none."""
        options, model, watch = self._options, self._model, self._watch
        states, index, depths = self._states, self._index, self._depths
        parents, via, choices = self._parents, self._via, self._choices
        invariants, edges, race = self._invariants, self._edges, self._race
        stubborn = self._stubborn
        max_states = options.max_states
        worklist = make_worklist(options)
        by_level = options.search == "bfs"
        tables = [(thread, table, self._taken[thread]) for thread, table in enumerate(model.tables)]
        targets = edges.targets if edges is not None else None
        canonical, passing = self._canonical, self._passing
        level, expanded = 0, 0

        worklist.add(self._begin())
        if passing is not None:
            passing.initial = len(states)
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
            results = None if stubborn is None else self._take_stubborn(stubborn, state)
            for thread, table, taken in tables:
                pc = state[thread]
                if results is not None:
                    result = results[thread]
                    if result is None:  # the thread has ended, or is put off
                        continue
                else:
                    step = table[pc]
                    if step is None:  # the thread has ended
                        continue
                    result = step(state)
                if isinstance(result, tuple):
                    is_enabled = True
                    taken[pc] += 1
                    self._transitions += 1
                    if canonical is not None:
                        result = canonical(result)
                    target = index.get(result)
                    if passing is not None and (target is None or target < passing.initial):
                        source = Source(number, state, depth, thread, (), by_level)
                        result = passing.go_on(result, source)
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
                        if canonical is not None:
                            reached = canonical(reached)
                        target = index.get(reached)
                        if passing is not None and (target is None or target < passing.initial):
                            turn = (thread, outcome.choices)
                            source = Source(number, state, depth, *turn, by_level)
                            reached = passing.go_on(reached, source)
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

    def _take_stubborn(self, stubborn: StubbornSets, state: State) -> list[StepResult | None]:
        """What each thread's step comes to; None for the threads that are put off."""
        results: list[StepResult | None] = []
        for table, pc in zip(self._model.tables, state, strict=False):
            step = table[pc]
            results.append(None if step is None else step(state))
        chosen = stubborn.choose(state, results)
        if chosen:
            for thread in range(len(results)):
                if not chosen >> thread & 1:
                    results[thread] = None
        return results

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
        length 0.  A search that begins in the middle has one, as deep as the path to it is long;
        the orders that the path records count.
        """
        if (begin := self._options.begin) is not None:
            initial, moves = begin.path.initial, begin.path.moves
            for depth, visit in enumerate(walk(self._model, begin.path)):
                if isinstance(visit.outcome.result, Failure):
                    raise ValueError("the path fails")  # noqa: TRY004 (no type is wrong)
                way = Origin(-1, "edge", moves[:depth], initial)
                self._note_orders(visit.outcome, depth, visit.state, (), way)
                state = visit.state
            self._add_first(state, initial, len(moves))
            return [0]
        outcomes = self._model.start()
        self._is_cut = isinstance(outcomes, CutOutcomes)
        for outcome in outcomes:
            self._note_orders(outcome, 0, (), (), Origin(-1, "edge", (), outcome.choices))
            reached = outcome.result
            if isinstance(reached, Failure):
                origin = Origin(-1, "step", (), outcome.choices)
                self._findings.add(reached, 0, (), outcome.choices, origin)
                continue
            if self._canonical is not None:
                reached = self._canonical(reached)
            if reached not in self._index:
                self._add_first(reached, outcome.choices, 0)
        return list(range(len(self._states)))

    def _add_first(self, state: State, choices: tuple[int, ...], depth: int) -> None:
        """Store a state in which the search begins."""
        number = self._index[state] = len(self._states)
        self._choices[number] = choices
        self._parents.append(-1)
        self._via.append(0)
        self._depths.append(depth)
        self._states.append(state)

    # -----------------------------------------------------------------------------------------
    # What a state or a transition shows

    def _add_broken(self, name: str, answer: bool | Failure, number: int) -> None:
        """Note that a property of a state does not hold, or fails to be asked."""
        failure = answer if isinstance(answer, Failure) else Failure(name)
        self._add_state(failure, number)

    def _add_state(self, failure: Failure, number: int) -> None:
        self._findings.add(failure, self._depths[number], self._states[number], (), Origin(number))

    def _look_for(self, number: int) -> None:
        """Ask for states that satisfy a `reachable`."""
        for name, holds in self._reachable:
            answer = holds(self._states[number])
            if isinstance(answer, Failure):
                self._add_broken(name, answer, number)
            elif answer:
                state = self._states[number]
                self._findings.add_seen(name, self._depths[number], state, Origin(number))

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
        """Whether a breadth-first search ends before it expands this level."""
        # States of a later level are no better witnesses; only a fault in the property is news.
        seen = {name for name, found in self._findings.seen.items() if found.depth < level}
        self._reachable = [
            (name, judge)
            for name, judge in self._reachable
            if name not in seen or name in self._model.fallible
        ]
        if self._passing is not None:
            self._passing.reachable = self._reachable
        self._stopped_by = self._judging.find_reason_before(level)
        return bool(self._stopped_by)

    def _may_stop_now(self) -> bool:
        """Whether a search in another order ends here."""
        self._stopped_by = self._judging.find_reason_now()
        return bool(self._stopped_by)

    def _report_progress(self, depth: int, waiting: int) -> None:
        if self._options.progress is not None:
            made, seconds = self._count_transitions(), self._watch.seconds
            self._options.progress(Progress(len(self._states), made, depth, waiting, seconds))

    def _count_transitions(self) -> int:
        return self._transitions + (self._passing.transitions if self._passing is not None else 0)

    # -----------------------------------------------------------------------------------------
    # The result

    def _make_result(self) -> Result:
        states = len(self._states)
        stuck_unknown = ""
        if self._edges is None or states > self._options.stuck_limit:
            stuck_unknown = (
                f"more than {self._options.stuck_limit:,} states; above that the python backend "
                "does not store the transitions it needs"
            )
        elif not self._stopped_by:
            for number in self._edges.find_stuck(states):
                self._add_state(Failure("stuck"), number)
        tally = Tally(
            states,
            self._count_transitions(),
            max(self._depths, default=0),
            self._quiescent,
            self._deadlocks,
            self._taken,
            self._stopped_by,
            stuck_unknown,
        )
        answers = Answers(
            self._find_paths,
            {
                "deadlock": lambda state: describe_deadlock(self._model, state),
                "stuck": lambda state: describe_stuck(self._model, state),
            },
            self._find_ranges() if self._options.asks_for_ranges else (),
            self._retell if self._orbits is not None else None,
        )
        return make_result(self._judging, tally, answers, "python")

    def _find_ranges(self) -> tuple[FieldRange, ...]:
        passed = () if self._passing is None else self._passing.visited
        return find_ranges(self._model.memory, [*self._states, *passed])

    def _make_move(self, number: int, thread: int, choices: tuple[int, ...]) -> Move:
        return make_move(self._model.memory, self._states[number], thread, choices)

    def _find_paths(self, origins: Sequence[Origin]) -> list[Path]:
        return [self._find_path(origin) for origin in origins]

    def _retell(self, found: Found, path: Path) -> Told:
        if self._orbits is None:
            return Told(path, found.failure, found.state)
        return self._orbits.retell(self._model, found, path)

    def _find_path(self, origin: Origin) -> Path:
        """The stored trace to an origin: back along the parents, then its own moves."""
        if origin.number < 0:
            return make_path(origin, (), ())
        moves: list[Move] = []
        number = origin.number
        if (behind := origin.behind) is not None:
            moves = self._list_moves(number, behind.thread, behind.choices, behind.state)
        while (parent := self._parents[number]) >= 0:
            turn = (self._via[number], self._choices.get(number, ()))
            moves = self._list_moves(parent, *turn, self._states[number]) + moves
            number = parent
        begin = self._options.begin
        before = begin.path.moves if begin is not None else ()
        return make_path(origin, self._choices[number], (*before, *moves))

    def _list_moves(
        self, number: int, thread: int, choices: tuple[int, ...], end: State
    ) -> list[Move]:
        """A turn of a stored state, and what comes after it up to another state."""
        first = self._make_move(number, thread, choices)
        if self._passing is None:
            return [first]
        reached = take(self._model, self._states[number], first).result
        if isinstance(reached, Failure):
            raise InternalError("a path goes on after a failure")
        if self._canonical is not None:
            reached = self._canonical(reached)
        return [first, *self._passing.list_moves(reached, end)]
