"""Stubborn sets in states of random programs, against what they have to be by definition."""

from __future__ import annotations

import itertools

import networkx as nx
import pytest
from random_programs.sample import make

from modelcheck.backends.python.model import Model
from modelcheck.backends.python.outcomes import Failure, list_outcomes
from modelcheck.ir.passes import run_passes
from modelcheck.reduce import StubbornSets, make_stubborn_tables

FORMS = ("ir", "text")
PROGRAMS = 60  # of each form
MOST_STATES = 400
MOST_BEYOND = 60  # states that the others reach while those of the set wait


class Reduced:
    """A program, its stubborn sets, and the reduced graph as far as it is looked at."""

    def __init__(self, program):
        self.model = Model(program)
        self.sets = StubbornSets(make_stubborn_tables(program))

    def run(self, state):
        """What each thread's step comes to."""
        steps = [table[pc] for table, pc in zip(self.model.tables, state, strict=False)]
        return [None if step is None else step(state) for step in steps]

    def choose(self, state):
        """The enabled threads, and those of them that are taken."""
        results = self.run(state)
        enabled = {t for t, r in enumerate(results) if r is not None and not isinstance(r, int)}
        chosen = self.sets.choose(state, results)
        return enabled, {t for t in enabled if chosen >> t & 1}

    def follow(self, state, thread):
        """The states to which a thread's step leads."""
        for outcome in self.model.outcomes(state, thread):
            if not isinstance(outcome.result, Failure):
                yield outcome.result

    def explore(self):
        """The first states of the reduced graph, with what is enabled and what is taken."""
        starts = (o.result for o in self.model.start() if not isinstance(o.result, Failure))
        found = dict.fromkeys(starts)
        work = list(found)
        for state in work:
            enabled, chosen = self.choose(state)
            yield state, enabled, chosen
            for thread in sorted(chosen):
                for successor in self.follow(state, thread):
                    if successor not in found and len(found) < MOST_STATES:
                        found[successor] = None
                        work.append(successor)


def draw(form, first, count=PROGRAMS):
    for seed in range(first, first + count):
        yield Reduced(run_passes(make(seed, form)))


def list_beyond(reduced, state, chosen):
    """States that the other threads reach alone."""
    found = {state: None}
    work = [state]
    for at in work:
        for thread in range(len(reduced.model.memory.threads)):
            if thread in chosen:
                continue
            for successor in reduced.follow(at, thread):
                if successor not in found and len(found) < MOST_BEYOND:
                    found[successor] = None
                    work.append(successor)
    return list(found)


def outcomes_of(reduced, state, thread):
    """A thread's step by its choices: the failure, or the state it leads to."""
    return {o.choices: (o.result, o.orders) for o in reduced.model.outcomes(state, thread)}


@pytest.mark.parametrize("form", FORMS)
def test_whatever_the_others_do_the_set_can_do_the_same_before_or_after(form):
    """Persistent sets, by definition: what the threads outside the set do alone neither changes
    what the set's steps come to nor where both together lead.
    """
    compared = 0
    for reduced in draw(form, 4_000):
        for state, enabled, chosen in itertools.islice(reduced.explore(), 60):
            if chosen == enabled:
                continue
            for beyond in list_beyond(reduced, state, chosen):
                for mine in chosen:
                    before = outcomes_of(reduced, state, mine)
                    after = outcomes_of(reduced, beyond, mine)
                    assert before.keys() == after.keys()
                    for choices, (reached, orders) in before.items():
                        then, orders_then = after[choices]
                        assert isinstance(reached, Failure) == isinstance(then, Failure)
                        assert orders == orders_then
                for thread in set(range(len(reduced.model.memory.threads))) - chosen:
                    for other in reduced.follow(beyond, thread):
                        for mine in chosen:
                            compared += 1
                            there = set(reduced.follow(other, mine))
                            assert there <= {
                                last
                                for first in reduced.follow(beyond, mine)
                                for last in reduced.follow(first, thread)
                            }
    assert compared > 1_000


@pytest.mark.parametrize("form", FORMS)
def test_on_every_cycle_some_state_is_expanded_fully(form):
    cyclic = partial = 0
    for reduced in draw(form, 5_000):
        graph, kept = nx.DiGraph(), set()
        for state, enabled, chosen in reduced.explore():
            if chosen != enabled:
                kept.add(state)
                partial += 1
            graph.add_edges_from(
                (state, to) for thread in chosen for to in reduced.follow(state, thread)
            )
        cyclic += not nx.is_directed_acyclic_graph(graph)
        assert nx.is_directed_acyclic_graph(graph.subgraph(kept))
    assert cyclic > PROGRAMS / 10
    assert partial > 500


@pytest.mark.parametrize("form", FORMS)
def test_where_something_is_enabled_something_is_taken(form):
    for reduced in draw(form, 6_000, 40):
        for state, enabled, chosen in reduced.explore():
            assert bool(chosen) == bool(enabled)
            failing = [
                thread
                for thread, result in enumerate(reduced.run(state))
                if any(isinstance(o.result, Failure) for o in list_outcomes(result or 0))
            ]
            assert chosen == enabled or not chosen & set(failing)
