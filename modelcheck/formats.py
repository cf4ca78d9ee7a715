"""A spec's states and traces in formats that other tools read: `docs/formats.md` says which.

State graphs are AUT and GraphML, always whole and without reductions; traces are ITF.
"""

from __future__ import annotations

from typing import Literal

from modelcheck import api
from modelcheck.backends.python.model import compile_program
from modelcheck.specfiles import SelectionError
from modelcheck.trace import aut, graphml, states
from modelcheck.trace.itf import write_itf
from modelcheck.trace.labels import Labels
from modelcheck.trace.trace import Trace

GraphForm = Literal["aut", "graphml"]


def write_states(run: api.Run, form: GraphForm, max_states: int | None = None) -> str:
    """The whole state graph of a run's program; GraphML marks the headline violation's path.

    Raises `SelectionError` where it has more states than `max_states`, or than the format's usual
    limit (None).
    """
    model = compile_program(run.program)
    try:
        if form == "aut":
            return aut.write_aut(model, run.sources, max_states or aut.MAX_STATES)
        headline = run.result.headline if run.result is not None else None
        graph = states.build_state_graph(
            model,
            headline.witnesses[0] if headline is not None and headline.witnesses else None,
            max_states or graphml.MAX_STATES,
            labels=Labels(model, run.sources),
            way_out=states.FOR_A_FILE,
        )
        return graphml.write_graphml(graph)
    except states.GraphError as error:
        raise SelectionError(str(error)) from None


def write_run_itf(run: api.Run, trace: Trace | None = None) -> str | None:
    """A trace of a run's program as ITF: the headline violation's, where none is given.

    None where there is no violation; of a lock cycle it is the first order.
    """
    told = trace or api.record(run)
    return None if told is None else write_itf(told, compile_program(run.program), run.sources)


def write_file_itf(file: str) -> str:
    """A stored trace as ITF, run again on its spec.  Raises as `api.replay_file` does."""
    stored = api.read_stored(file)
    return write_itf(stored.trace, stored.model, stored.spec.sources)


__all__ = ["write_file_itf", "write_itf", "write_run_itf", "write_states"]
