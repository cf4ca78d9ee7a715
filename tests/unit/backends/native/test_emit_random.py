"""Generated C against the python backend: random programs of both kinds."""

import pytest
from emit_compare import Case, compare
from random_programs.ir_program import make_program
from random_programs.text_program import load_program

from modelcheck.ir.passes import run_passes

BATCH = 40
MAKERS = {"ir": make_program, "text": load_program}


@pytest.mark.parametrize("form", MAKERS)
@pytest.mark.parametrize("first", range(0, 3 * BATCH, BATCH))
def test_the_c_of_random_programs_does_what_python_does(form, first, tmp_path):
    cases = []
    for seed in range(first, first + BATCH):
        program = run_passes(MAKERS[form](seed))
        cases.append(Case.make(f"{form} {seed}", program, 60, f"m_model_{len(cases)}"))
    assert compare(tmp_path, cases).programs == BATCH
