"""`pytest specs/`: every variant is an item, and its trace the text of its failure."""

import pytest

pytestmark = pytest.mark.slow  # runs pytest in itself

SPEC = """
from modelcheck.lang import READ_ONCE, U8, WRITE_ONCE, final, flag, shared, spec, thread, variant

spec("{name}")
is_wrong = flag(False)
count = shared(U8)

@thread(count=2)
def writer():
    value = READ_ONCE(count)
    WRITE_ONCE(count, value + 1)

@final
def counted():
    return count == 2 or not is_wrong

variant("wrong", is_wrong=True{violates})
variant("weak", needs="weak-memory")
"""
GOOD = SPEC.format(name="good", violates=', violates="counted"')
BAD = SPEC.format(name="bad", violates="")


@pytest.fixture
def run(pytester):
    """Run pytest in a folder of its own: `run(["specs"], good=GOOD)`."""

    def go(arguments, /, folder="specs", **texts):
        for name, text in texts.items():
            path = pytester.path / folder / f"{name}.py"
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
        return pytester.runpytest_subprocess("-p", "no:cacheprovider", *arguments)

    return go


def test_every_variant_is_an_item_with_its_outcome(run):
    result = run(["specs", "-v", "-rs"], good=GOOD)
    result.assert_outcomes(passed=2, skipped=1)
    result.stdout.fnmatch_lines(
        [
            "*specs/good.py::default PASSED*",
            "*::wrong PASSED*",
            "*::weak SKIPPED*needs weak-memory*",
        ]
    )


def test_the_trace_is_the_text_of_a_failure(run):
    result = run(["specs"], good=GOOD, bad=BAD)
    result.assert_outcomes(passed=3, failed=1, skipped=2)
    result.stdout.fnmatch_lines(
        [
            "*bad wrong*",
            "UNEXPECTED: unexpected: counted",
            "VIOLATED  specs/bad.py  is_wrong=True variant=wrong",
            "*VIOLATED: counted is false after this step",
            "FAILED specs/bad.py::wrong*",
        ]
    )
    result.stdout.no_fnmatch_line("*Traceback*")
    result.stdout.no_fnmatch_line("*runtest*")


def test_variants_are_chosen_as_tests_are(run):
    result = run(["specs", "-k", "wrong", "-m", "modelcheck", "--strict-markers"], good=GOOD)
    result.assert_outcomes(passed=1, deselected=2)
    run(["specs/good.py::default"]).assert_outcomes(passed=1)


def test_variants_are_shared_out(run):
    run(["specs", "-n", "2"], good=GOOD, bad=BAD).assert_outcomes(passed=3, failed=1, skipped=2)


def test_a_spec_that_cannot_be_read_is_an_error_with_its_place(run):
    result = run(["specs"], good=GOOD, broken=GOOD + "\ndef (:\n")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*specs/broken.py:*error[[]MC*"])
    assert result.ret != 0


def test_what_is_wrong_in_the_program_of_a_variant_is_told_with_its_place(run):
    result = run(["specs"], good=GOOD.replace("shared(U8)", "shared(U9)"))
    result.assert_outcomes(failed=3)
    result.stdout.fnmatch_lines(["*specs/good.py:6:*error[[]MC201]*"])


def test_specs_elsewhere_are_left_alone_unless_they_are_named(run):
    assert run(["."], folder="tests", good=GOOD).ret == pytest.ExitCode.NO_TESTS_COLLECTED
    run(["tests/good.py"]).assert_outcomes(passed=2, skipped=1)


def test_a_module_that_specs_share_is_no_spec(run):
    result = run(["specs"], shared="from modelcheck.lang import U8\n", good=GOOD)
    result.assert_outcomes(passed=2, skipped=1)


def test_folders_are_those_of_the_project(run, pytester):
    pytester.makepyprojecttoml('[tool.modelcheck]\nspecs = ["models"]\n')
    run(["."], folder="models", good=GOOD).assert_outcomes(passed=2, skipped=1)


def test_a_test_that_holds_the_text_of_a_spec_is_a_test(run):
    text = f"SPEC = {GOOD!r}\n\ndef test_it():\n    assert SPEC\n".replace("\\n", "\n")
    text = text.replace("SPEC = '", "SPEC = '''", 1).replace("'\n\ndef", "'''\n\ndef", 1)
    run(["tests/test_it.py"], folder="tests", test_it=text).assert_outcomes(passed=1)
