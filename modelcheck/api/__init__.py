"""From what the user named to what is known about it: what the commands are made of.

Nothing here prints or exits.  Raises `SpecErrors` for a fault in a spec and `SelectionError` for
something that is not there; giving up is a result, never an exception.
"""

from modelcheck.api.judged import (
    GatedSpec,
    find_steps,
    gate,
    gate_file,
    judge_variant,
    list_specs,
    write_gate_index,
    write_gate_pages,
)
from modelcheck.api.runs import (
    Choice,
    Run,
    check,
    choose_program,
    compare_reductions,
    describe_program,
    explore,
    load_spec,
    make_program,
    name_command,
    name_trace,
    require_known,
    shorten,
    write_c,
)
from modelcheck.api.traces import (
    Form,
    Stored,
    begin_wander,
    draw_pictures,
    draw_scenes,
    draw_states,
    draw_trace,
    draw_violation,
    graph_trace,
    read_stored,
    read_told,
    record,
    replay_file,
    replay_file_scenes,
    write_passing,
    write_pictures,
    write_scenes,
)
from modelcheck.explore.look import LOOK_BUDGET, look
from modelcheck.explore.options import Options, Progress
from modelcheck.explore.profile import make_profile
from modelcheck.explore.ran import find_ran
from modelcheck.reduce import explain_chains, explain_steps
from modelcheck.reduce.symmetry import find_symmetry
from modelcheck.specfiles import SelectionError

__all__ = [
    "LOOK_BUDGET",
    "Choice",
    "Form",
    "GatedSpec",
    "Options",
    "Progress",
    "Run",
    "SelectionError",
    "Stored",
    "begin_wander",
    "check",
    "choose_program",
    "compare_reductions",
    "describe_program",
    "draw_pictures",
    "draw_scenes",
    "draw_states",
    "draw_trace",
    "draw_violation",
    "explain_chains",
    "explain_steps",
    "explore",
    "find_ran",
    "find_steps",
    "find_symmetry",
    "gate",
    "gate_file",
    "graph_trace",
    "judge_variant",
    "list_specs",
    "load_spec",
    "look",
    "make_profile",
    "make_program",
    "name_command",
    "name_trace",
    "read_stored",
    "read_told",
    "record",
    "replay_file",
    "replay_file_scenes",
    "require_known",
    "shorten",
    "write_c",
    "write_gate_index",
    "write_gate_pages",
    "write_passing",
    "write_pictures",
    "write_scenes",
]
