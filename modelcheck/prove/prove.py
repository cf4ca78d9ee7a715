"""Program → what z3 can say of it: bounded search, k-induction and Spacer, in turns.

Every method gives up after a while and comes again with more time, so what one of them finds at
once is told at once, whatever the others would take.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from modelcheck.backends.python.outcomes import Order
from modelcheck.backends.smt.system import System, make_system
from modelcheck.diagnostics import InternalError
from modelcheck.explore.options import Options
from modelcheck.explore.properties import Judged, list_judged
from modelcheck.explore.race import RACE
from modelcheck.ir.nodes import Program
from modelcheck.prove.bounded import BoundedSearch, Seen
from modelcheck.prove.circles import Circles
from modelcheck.prove.frames import Frames
from modelcheck.prove.goals import Goal, Goals, asks_for_subjects, list_goals
from modelcheck.prove.induction import Induction, Stand
from modelcheck.prove.result import TRIVIAL, Answer, Counterexample, Method, Proof, Proving, Station
from modelcheck.prove.solver import Clock, OutOfTimeError
from modelcheck.prove.spacer import ask_spacer
from modelcheck.prove.structure import LEMMA, list_structure
from modelcheck.prove.witness import AtStart, show_violation

FIRST_TURN = 2.0  # seconds of a method's first turn; each further one is twice as long
PLAIN_SECONDS = 5.0  # for a counterexample that is easier to read
MOST_STEPS = 1000  # of a bounded search, where nobody says how many

START_FAILS = "the start fails"
NO_START = "every start fails, so there is no state of which it could be said"


@dataclass(frozen=True, slots=True)
class ProveOptions:
    """How to prove.  `most_steps` ends bounded search and induction (None: time does); `seconds`
    is the time for all of it; `notice` is told how far it is.
    """

    method: Method = "auto"
    most_steps: int | None = None
    seconds: float | None = 60.0
    properties: frozenset[str] | None = None
    variant: str | None = None
    interrupted: Callable[[], bool] | None = None
    notice: Callable[[str], None] = lambda _: None


def prove(program: Program, options: ProveOptions = ProveOptions()) -> Proving:
    """Try to prove or refute the properties of a program after all passes.

    Raises `UnsupportedError` for a program that no formula tells of.

    Soundness: a property is proved only by an induction over `k` steps together with a search of
    all runs of fewer than `k`, by an invariant that another solver has checked, or because all runs
    end within the steps that were searched.  A violation was run again by the python backend.
    """
    judged = list_considered(program, options.properties)
    touches = any(j.name == RACE for j in judged)
    system = make_system(program, asked=asks_for_subjects(program), touches=touches)
    return _Prover(program, system, list_goals(system, judged), options).execute()


def list_considered(program: Program, wanted: frozenset[str] | None) -> tuple[Judged, ...]:
    """What is asked for, and every invariant: a lemma for the others."""
    if wanted is None:
        return list_judged(program, None)
    judged = list_judged(program, None)
    return tuple(j for j in judged if j.name in wanted or j.kind == "invariant")


class _Prover:
    """One attempt."""

    def __init__(
        self, program: Program, system: System, goals: Goals, options: ProveOptions
    ) -> None:
        self._program = program
        self._options = options
        self._goals = goals
        self._frames = Frames(system)
        self._lemmas = list(list_structure(system))  # not proved yet
        self._facts: list[Goal] = []
        self._clock = Clock(options.seconds, options.interrupted)
        self._search = BoundedSearch(self._frames, self._clock)
        self._induction = Induction(self._frames, self._clock)
        self._known: dict[str, Proof] = {}
        self._failures: dict[str, Counterexample] = {}
        self._stand: Stand | None = None  # of the last induction
        self._seen: list[Seen] = []
        self._stopped = False
        self._judged = list_judged(program, options.properties)
        self._asked = frozenset(j.name for j in self._judged)
        self._at_start: list[str] = []
        self._has_start = True
        self._circles = Circles(goals.all)
        self._orders_at_start: list[Order] = []

    # ------------------------------------------------------------------------ turns

    def execute(self) -> Proving:
        """Take turns until all is known, or the time is over."""
        try:
            self._look_at_start()
            self._has_start = self._search.has_start()
            if not self._has_start:
                return self._make_result()
            for goal in self._list_open():
                if not goal.bads:
                    self._prove((goal,), TRIVIAL)
            self._take_turns()
        except OutOfTimeError:
            self._stopped = True
        return self._make_result()

    def _take_turns(self) -> None:
        method, seconds = self._options.method, FIRST_TURN
        if method == "spacer":
            self._advance()  # the start, and what it fails with
            self._ask_spacer(self._clock)
            return
        while self._is_open():
            takes_turns = method == "auto"
            is_done = self._search_deeper(
                self._clock.sooner(seconds) if takes_turns else self._clock
            )
            if takes_turns and self._is_open():
                self._ask_spacer(self._clock.sooner(seconds))
            if is_done and not (takes_turns and self._list_provable()):
                return
            self._clock.check()
            seconds *= 2

    def _search_deeper(self, turn: Clock) -> bool:
        """Search and try induction with growing k; whether there is no more to search."""
        most = self._options.most_steps
        limit = MOST_STEPS if most is None else most
        while self._is_open():
            if self._search.is_over or self._search.depth >= limit:
                return True
            try:
                turn.check()
            except OutOfTimeError:
                self._clock.check()
                return False
            self._advance()
            if self._search.is_over:
                self._close()
                return True
            k = self._search.depth + 1
            if self._options.method != "bounded" and self._list_provable() and _is_tried(k):
                self._induce(k, turn)
        return True

    def _advance(self) -> None:
        """One more step of bounded search."""
        for seen in self._search.advance([*self._list_open(), *self._lemmas]):
            if seen.goal.judged.kind == LEMMA:
                raise InternalError(f"{seen.states[-1]} is no state as docs/ir.md says they are")
            self._note(seen)
        self._options.notice(f"no violation within {self._search.depth} steps")

    def _induce(self, k: int, turn: Clock) -> None:
        """An induction over `k` states, all runs of fewer than `k` steps having been searched."""
        try:
            goals = [*self._lemmas, *self._list_provable()]
            stand = self._induction.attempt(goals, k, turn)
        except OutOfTimeError:
            self._clock.check()
            return
        self._facts += stand.proved
        self._lemmas = [lemma for lemma in self._lemmas if lemma not in stand.proved]
        self._prove([goal for goal in stand.proved if goal.judged.kind != LEMMA], f"{k}-induction")
        self._failures = {seen.goal.key: tell_failure(seen) for seen in stand.failed}
        self._stand = stand

    def _ask_spacer(self, turn: Clock) -> None:
        # An order is often there for good reason, and then nothing that is asked with it is proved.
        provable = self._list_provable()
        for goals in (
            [goal for goal in provable if goal.order is None],
            [goal for goal in provable if goal.order is not None],
        ):
            if not goals:
                continue
            try:
                found = ask_spacer(self._frames, goals, self._facts, turn)
            except OutOfTimeError:
                self._clock.check()
                return
            if found.invariant is not None:
                self._prove(goals, "Spacer")

    # ------------------------------------------------------------------------ what is known

    def _list_open(self) -> list[Goal]:
        return [goal for goal in self._goals.all if goal.key not in self._known]

    def _is_open(self) -> bool:
        """Whether something that was asked for is not known."""
        return any(goal.name in self._asked for goal in self._list_open())

    def _find_known(self, name: str) -> Proof | None:
        """What is known of a property: of all its goals, if it is not violated by one."""
        goals = [goal for goal in self._goals.all if goal.name == name]
        proofs = [self._known.get(goal.key) for goal in goals]
        violated = [p for p in proofs if p is not None and p.answer is Answer.VIOLATED]
        if violated:
            return violated[-1]
        known = [p for p in proofs if p is not None]
        if not known or len(known) < len(proofs):
            return None
        return next((p for p in known if p.by != TRIVIAL), known[0])

    def _list_provable(self) -> list[Goal]:
        """The open goals that say something of all states."""
        return [goal for goal in self._list_open() if not goal.is_satisfiable]

    def _prove(self, goals: Collection[Goal], by: str) -> None:
        for goal in goals:
            answer = Answer.VIOLATED if goal.is_satisfiable else Answer.PROVED
            kind = goal.judged.kind
            self._known[goal.key] = Proof(goal.name, kind, answer, by, self._search.depth)
            if goal.order is not None:
                self._circles.exclude(goal.order)
        for name in {goal.name for goal in goals if goal.order is not None}:
            self._settle(name, by)

    def _settle(self, name: str, by: str) -> None:
        """What of a check of orders need not be asked any more."""
        is_impossible = name in self._circles.list_impossible()
        for goal in self._goals.all if is_impossible else self._circles.list_needless():
            if goal.name == name and goal.order is not None:
                proof = Proof(name, goal.judged.kind, Answer.PROVED, by, self._search.depth)
                self._known[goal.key] = proof

    def _close(self) -> None:
        """No run is longer than what was searched: what was not seen is nowhere."""
        steps = self._search.depth
        by = f"no run has more than {steps} step{'s' * (steps != 1)}"
        self._prove(self._list_open(), by)

    def _note(self, seen: Seen) -> None:
        goal = seen.goal
        by = f"a run of {seen.depth} step{'s' * (seen.depth != 1)}"
        self._seen.append(seen)
        if goal.order is not None:
            self._note_order(goal, by, seen.depth)
            return
        answer = Answer.PROVED if goal.is_satisfiable else Answer.VIOLATED
        self._known[goal.key] = Proof(goal.name, goal.judged.kind, answer, by, seen.depth)

    def _note_order(self, goal: Goal, by: str, depth: int) -> None:
        """An order is recorded; and if that closes a circle, its property is violated."""
        assert goal.order is not None
        self._circles.see(goal.order)
        kind = goal.judged.kind
        self._known[goal.key] = Proof(goal.name, kind, Answer.PROVED, by, depth)
        if goal.name in self._circles.list_closed():
            by = f"a circle of orders in runs of up to {depth} step{'s' * (depth != 1)}"
            for other in self._goals.all:
                if other.name == goal.name and other.order is not None:
                    self._known[other.key] = Proof(goal.name, kind, Answer.VIOLATED, by, depth)

    def _look_at_start(self) -> None:
        """What the start itself fails with, before there is a state."""
        kinds = {goal.name: goal.judged.kind for goal in self._goals.all}
        failing = self._search.list_failing_starts(self._goals.at_start)
        self._at_start = [name for name in failing if name in kinds]
        for name in self._at_start:
            self._known[name] = Proof(name, kinds[name], Answer.VIOLATED, START_FAILS, 0)
        by_order = {goal.order: goal for goal in self._goals.all}
        for order, when in self._goals.orders_at_start:
            goal = by_order.get(order)
            if goal is not None and self._search.can_start_with(when):
                self._orders_at_start.append(order)
                self._note_order(goal, "the start", 0)

    # ------------------------------------------------------------------------ the result

    def _simplify_first(self) -> None:
        """Of the first failure, which is the one that is shown, the plainest."""
        stand = self._stand
        failed = (self._find_failed(judged.name) for judged in self._judged)
        goal = next((goal for goal in failed if goal is not None), None)
        if stand is None or goal is None:
            return
        try:
            found = self._induction.find_plain(stand, goal, self._clock.longer(PLAIN_SECONDS))
        except OutOfTimeError:
            return
        if found is not None:
            self._failures[goal.key] = tell_failure(found)

    def _find_failed(self, name: str) -> Goal | None:
        """The first goal of an open property that failed the last induction."""
        goals = [goal for goal in self._list_open() if goal.name == name]
        return next((goal for goal in goals if goal.key in self._failures), None)

    def _make_result(self) -> Proving:
        self._simplify_first()
        proofs = []
        for judged in self._judged:
            name = judged.name
            known = self._find_known(name)
            if known is not None:
                proofs.append(known)
            elif not self._has_start:
                proofs.append(Proof(name, judged.kind, Answer.NOT_ASKED, NO_START))
            elif name in self._goals.open:
                reason = self._goals.open[name]
                proofs.append(Proof(name, judged.kind, Answer.NOT_ASKED, reason))
            else:
                failed = self._find_failed(name)
                failure = self._failures[failed.key] if failed is not None else None
                depth = self._search.depth
                proofs.append(Proof(name, judged.kind, Answer.OPEN, "", depth, failure))
        options = Options(variant=self._options.variant, properties=self._options.properties)
        violated = {p.name for p in proofs if p.answer is Answer.VIOLATED}
        seen = [one for one in self._seen if one.goal.name in violated]
        at_start = [name for name in self._at_start if name in violated]
        orders = [order for order in self._orders_at_start if order.property in violated]
        start = AtStart(at_start, orders)
        depth = max(0, self._search.depth)
        violation = show_violation(self._program, options, seen, start, depth)
        return Proving(
            tuple(proofs), self._search.depth, self._search.is_over, violation, self._stopped
        )


def _is_tried(k: int) -> bool:
    """Whether induction over k states is tried: 1 to 6, then one of two, one of four, …"""
    step = 1 << max(0, k.bit_length() - 3)
    return k % step == 0


def tell_failure(seen: Seen) -> Counterexample:
    """What a solver found, as plain data."""
    last = seen.bad.thread if seen.bad.is_step else None
    threads = (*seen.threads, last)
    stations = tuple(Station(s, t) for s, t in zip(seen.states, threads, strict=True))
    order = seen.goal.order
    ending = "" if order is None else f"{order.second} is taken under {order.first}"
    return Counterexample(stations, seen.bad.kind, ending)
