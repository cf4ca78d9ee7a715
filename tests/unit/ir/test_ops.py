"""The table of operators: every column of a row means the same."""

import itertools
import shutil
import subprocess

import pytest
import z3

from modelcheck.ir.ops import GROUPS, OPS, PYTHON_HELPERS

EDGES = (-(1 << 31), -256, -8, -7, -3, -2, -1, 0, 1, 2, 3, 5, 7, 8, 62, 63, 64, 255, 256, 1 << 31)
LIMIT = 1 << 63

# What the templates call in C; the runtime has its own copies of them.
C_HELPERS = """
#include <stdint.h>
#include <stdio.h>
typedef int64_t i64;
static i64 mc_floor_div(i64 a, i64 b)
{ if (b == 0) return 0; i64 q = a / b; return q - (a % b != 0 && (a < 0) != (b < 0)); }
static i64 mc_floor_mod(i64 a, i64 b) { return b == 0 ? 0 : a - mc_floor_div(a, b) * b; }
static i64 mc_shift_left(i64 a, i64 n) { return n < 0 || n > 63 ? 0 : (i64)((uint64_t)a << n); }
static i64 mc_shift_right(i64 a, i64 n) { return n < 0 || n > 63 ? 0 : a >> n; }
static i64 mc_min(i64 a, i64 b) { return a < b ? a : b; }
static i64 mc_max(i64 a, i64 b) { return a > b ? a : b; }
static i64 mc_abs(i64 a) { return a < 0 ? -a : a; }
static i64 mc_bit_test(i64 s, i64 i) { return i < 0 || i > 62 ? 0 : s >> i & 1; }
static i64 mc_bit_set(i64 s, i64 i) { return i < 0 || i > 62 ? s : s | (i64)1 << i; }
static i64 mc_bit_clear(i64 s, i64 i) { return i < 0 || i > 62 ? s : s & ~((i64)1 << i); }
static i64 mc_popcount(i64 s) { return __builtin_popcountll((uint64_t)s); }
"""


def meaning(symbol, args):
    return OPS[symbol].meaning(*args)


def cases(op, values=EDGES):
    """Arguments for an operator: edges, and 0 and 1 where it wants a Bool."""
    domains = [(0, 1) if sort == "bool" else values for sort in op.args]
    if len(domains) == 3:
        domains = [domains[0], values[::4], values[1::4]]
    return list(itertools.product(*domains))


every_operator = pytest.mark.parametrize("op", OPS.values(), ids=lambda op: op.symbol)


def test_groups_partition_the_operators():
    assert sorted(itertools.chain(*GROUPS)) == sorted(OPS)


@every_operator
def test_python_template_computes_the_meaning(op):
    names = [f"a{i}" for i in range(op.arity)]
    made = eval(f"lambda {', '.join(names)}: {op.python.format(*names)}", dict(PYTHON_HELPERS))
    for args in cases(op):
        assert made(*args) == op.meaning(*args), args


@every_operator
def test_templates_stand_negative_constants_and_nesting(op):
    args = cases(op)[1]
    inner = op.python.format(*map(str, args))
    assert eval(inner, dict(PYTHON_HELPERS)) == op.meaning(*args)
    if op.args[0] == "int" and op.result != "bool":
        twice = op.python.format(inner, *map(str, args[1:]))
        expected = op.meaning(op.meaning(*args), *args[1:])
        assert eval(twice, dict(PYTHON_HELPERS)) == expected


@every_operator
def test_templates_use_every_argument(op):
    for template in (op.python, op.c):
        assert all(f"{{{i}}}" in template for i in range(op.arity))
        assert template[0] == "(" or template.partition("(")[0].isidentifier()


@every_operator
def test_interval_holds_every_result(op):
    values = (-9, -5, -1, 0, 1, 3, 4, 6, 63, 64)
    ranges = [(lo, hi) for lo, hi in itertools.combinations_with_replacement(values, 2)]
    small = [r for r in ranges if r[1] - r[0] <= 7]
    if op.arity == 3:
        small = small[::5]
    domains = [[(0, 0), (1, 1), (0, 1)] if sort == "bool" else small for sort in op.args]
    for intervals in itertools.product(*domains):
        lo, hi = op.interval(*intervals)
        for args in itertools.product(
            *({a, b, (a + b) // 2, a + (a < b), b - (a < b)} for a, b in intervals)
        ):
            assert lo <= op.meaning(*args) <= hi, (intervals, args)


@every_operator
def test_interval_of_single_values_holds_the_result(op):
    for args in cases(op):
        lo, hi = op.interval(*((a, a) for a in args))
        assert lo <= op.meaning(*args) <= hi, args


def test_intervals_of_arithmetic_and_comparisons_are_exact():
    assert OPS["+"].interval((0, 3), (-1, 2)) == (-1, 5)
    assert OPS["*"].interval((-2, 3), (-5, 4)) == (-15, 12)
    assert OPS["//"].interval((-7, 7), (2, 3)) == (-4, 3)
    assert OPS["%"].interval((0, 100), (1, 8)) == (0, 7)
    assert OPS["<"].interval((0, 3), (4, 9)) == (1, 1)
    assert OPS["=="].interval((0, 3), (4, 9)) == (0, 0)
    assert OPS["wrap8"].interval((0, 255)) == (0, 255)
    assert OPS["ite"].interval((1, 1), (2, 3), (9, 9)) == (2, 3)


def test_total_where_python_would_fail():
    for symbol, args in (("//", (7, 0)), ("%", (7, 0)), ("<<", (1, 64)), (">>", (1, -1))):
        assert meaning(symbol, args) == 0
    assert meaning("bit-set", (5, 63)) == 5


def test_remainder_has_the_sign_of_the_divisor():
    assert meaning("%", (-7, 2)) == 1
    assert meaning("%", (-7, -2)) == -1
    assert meaning("//", (-7, 2)) == -4


@pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler")
def test_c_template_computes_the_meaning(tmp_path):
    lines, expected = [], []
    for op in OPS.values():
        for args in cases(op):
            value = int(op.meaning(*args))
            if -LIMIT <= value < LIMIT:  # the front end refuses what could leave 64 bits
                written = op.c.format(*(f"(i64)({a})" for a in args))
                lines.append(f'printf("%lld\\n", (long long)({written}));')
                expected.append((op.symbol, args, value))
    source = tmp_path / "ops.c"
    body = "\n".join(f"static void f{i}(void) {{ {line} }}" for i, line in enumerate(lines))
    calls = "\n".join(f"f{i}();" for i in range(len(lines)))
    source.write_text(f"{C_HELPERS}\n{body}\nint main(void) {{ {calls} return 0; }}\n")
    program = tmp_path / "ops"
    subprocess.run(["cc", "-std=gnu11", "-w", "-O0", source, "-o", program], check=True)
    printed = subprocess.run([program], check=True, capture_output=True, text=True).stdout
    found = [(s, a, int(line)) for (s, a, _), line in zip(expected, printed.split(), strict=True)]
    assert found == expected


@every_operator
def test_z3_form_of_integers_computes_the_meaning(op):
    values = (-256, -7, -2, -1, 0, 1, 2, 3, 7, 62, 63, 64, 255)
    for args, value, found in evaluate_in_z3(op, op.smt.ints, z3.Int, z3.IntVal, values):
        if op.symbol in "&|^" and not -LIMIT <= value < LIMIT:
            continue
        assert found == value, args


@every_operator
@pytest.mark.parametrize("width", [10, 40, 66, 80])
def test_z3_form_of_bit_vectors_computes_the_meaning(op, width):
    edge = 1 << width - 1
    values = [
        v for v in (-256, -7, -2, -1, 0, 1, 2, 3, 7, 9, 10, 62, 63, 64, 255, 1 << 31) if v < edge
    ]

    def variable(name):
        return z3.BitVec(name, width)

    def constant(value):
        return z3.BitVecVal(value, width)

    form = op.smt.bits
    for args, value, found in evaluate_in_z3(op, form, variable, constant, values):
        if -edge <= value < edge:
            assert found == value, args


def evaluate_in_z3(op, form, variable, constant, values):
    """Arguments, the meaning of an operator for them, and what its z3 form gives."""
    sorts = [z3.Bool(f"b{i}") if s == "bool" else variable(f"i{i}") for i, s in enumerate(op.args)]
    term = form(z3, *sorts)
    for args in cases(op, values):
        constants = [
            z3.BoolVal(bool(a)) if s == "bool" else constant(a)
            for a, s in zip(args, op.args, strict=True)
        ]
        found = z3.simplify(z3.substitute(term, *zip(sorts, constants, strict=True)))
        if op.result == "bool":
            number = int(z3.is_true(found))
        else:
            number = found.as_signed_long() if z3.is_bv(found) else found.as_long()
        yield args, int(op.meaning(*args)), number
