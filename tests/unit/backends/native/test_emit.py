"""The text of a generated C file: what a compiler, a reader and a cache may rely on."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from emit_compare import Case, build, compare
from programs import increments, make_program

from modelcheck.backends.native.emit import emit_model
from modelcheck.backends.native.numbers import DIVERGES
from modelcheck.backends.native.tables import make_patch
from modelcheck.backends.native.words import (
    give_names,
    strip_parentheses,
    write_comment,
    write_string,
    write_value,
)
from modelcheck.frontend import load
from modelcheck.ir.layout import pack_slots
from modelcheck.ir.memory import UNINITIALISED, Memory
from modelcheck.ir.passes import run_passes

ROOT = Path(__file__).parents[4]


def emit(program, symbol="m_model"):
    memory = Memory(program)
    return emit_model(program, memory, pack_slots(memory), symbol)


def emit_spec(name, **settings):
    (path,) = ROOT.glob(f"specs/*/{name}.py")
    shown = path.relative_to(ROOT).as_posix()
    return emit(run_passes(load(path, shown).program(settings)))


@pytest.mark.parametrize("name", ["kernfs-release-once", "increments"])
def test_the_c_of_a_spec(name, golden):
    golden(f"native/{name}.c", emit_spec(name).text)


HASHED = """
import sys
sys.path[:0] = [{tests!r}, {here!r}]
from pathlib import Path
from random_programs.ir_program import make_program
from random_programs.text_program import load_program
from modelcheck.ir.passes import run_passes
from test_emit import emit, emit_spec
for name in ("readers-writers", "two-phase-commit", "kernfs-release-once"):
    print(emit_spec(name))
for seed in range(12):
    print(emit(run_passes((make_program, load_program)[seed % 2](seed))))
"""


def test_the_text_does_not_depend_on_the_hash_seed():
    folders = {"tests": str(ROOT / "tests"), "here": str(Path(__file__).parent)}
    paths = [ROOT, ROOT / "tests/unit/explore", ROOT / "tests/random_programs"]
    texts = []
    for seed in ("1", "2"):
        done = subprocess.run(
            [sys.executable, "-c", HASHED.format(**folders)],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(map(str, paths))},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        texts.append(done.stdout)
    assert len(texts[0]) > 20_000
    assert texts[0] == texts[1]


def test_one_symbol_is_exported_under_the_name_that_is_asked_for():
    text = emit(increments(2, 1), "m_other").text
    assert "m_model" not in text
    outside = [line for line in text.splitlines() if re.match(r"[a-z].*[{;]$", line)]
    shared = [line for line in outside if not line.startswith("static ")]
    assert shared == ["extern const mc_model m_other;", "const mc_model m_other = {"]


def test_names_of_the_spec_survive_and_their_line_stands_above():
    text = emit_spec("increments").text
    assert re.search(
        r"^/\* specs/classics/increments\.py:\d+:\d+: .*\*/\nstatic mc_result m_step_\w+_b\d+\(",
        text,
        re.MULTILINE,
    )


ODD = """
object x: shared U8

template a_b count 1
  entry c
  local %x.1: U8
  local %x_1: U8
  block c
    step "x = '*/' /* \\\\ \\n ??/ 你好" ; a*/b.py:3:1
    %x.1 = load plain x
    jump d
  block d
    step
    %x_1 = load plain x
    jump e
  block e
    step
    store plain x = (%x.1 + %x_1):U8
    end

template a count 1
  entry b_c
  block b_c
    step
    store once x = 1:U8
    jump m_fields
  block m_fields
    step
    wait ($read(once x) == $read(silent x))
    end

property one: invariant
  entry one
  block one
    return ($read(silent x) == $read(silent x))

property two: reachable
  entry one
  local %t: Bool
  block one
    %t = True
    return True
"""


def test_whatever_a_spec_is_called_its_c_compiles(tmp_path):
    program = make_program(ODD, after="liveness")
    names = zip(program.properties, ('p q*/"\\', "p_q é"), strict=True)
    properties = tuple(replace(property_, name=name) for property_, name in names)
    program = replace(program, name="/* 你好 */", properties=properties)
    case = Case.make("odd", program, 500, "m_model_0")
    assert compare(tmp_path, [case], ("-O2",)).states > 3


@pytest.mark.parametrize("optimise", ["-O1", "-O2", "-Os"])
def test_the_c_compiles_without_warnings(optimise, tmp_path):
    for name in ("readers-writers", "two-jugs"):
        (tmp_path / "model.c").write_text(emit_spec(name).text, encoding="utf-8")
        flags = ["-std=c11", "-Wall", "-Wextra", "-Werror", optimise]
        folder = ROOT / "modelcheck/backends/native/runtime"
        command = ["cc", *flags, f"-I{folder}", "-c", "model.c", "-o", "model.o"]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.stderr == ""
        assert done.returncode == 0


NULL = """
struct Box
  field n: U8
  field slots: Array[U8, 2]

struct To
  field p: Ptr[Box]

object box: shared struct Box count 2
object to: shared struct To
object x: shared U8

template u count 1
  entry a
  block a
    step
    store once to.p = $address(box[1:U8])
    end

template t count 1
  entry a
  local %p: Ptr[Box]
  local %i: U8
  block a atomic
    step
    %p = load once to.p
    %i = choose 2
LINE
    end
"""


def run_from_start(program, folder):
    """The driver's end when it runs every step of the start vector."""
    memory = Memory(program)
    layout = pack_slots(memory)
    case = Case("start", None, layout, emit(program, "m_model_0"), [])
    driver = build(folder, [case], ("-O1",))
    words = [1, *layout.pack(memory.start)]
    given = b"".join(word.to_bytes(8, "little") for word in words)
    return subprocess.run([driver], input=given, capture_output=True, check=False)


@pytest.mark.parametrize(
    ("line", "code", "message"),
    [
        ("    store once {Box %p}.n = 1:U8", 3, "1 is stored where only 0 ... 0 fits"),
        ("    store once {Box %p}.slots[%i] = 1:U8", 3, "1 is stored where only 0 ... 0 fits"),
        ("    store once x = $read(silent {Box %p}.n)", 0, ""),
        ("    store once x = $read(silent {Box %p}.slots[%i])", 0, ""),
    ],
)
def test_a_null_pointer_leads_to_no_slot(line, code, message, tmp_path):
    """No check stands before these stores; python ends in an IndexError."""
    done = run_from_start(make_program(NULL.replace("LINE", line), after="liveness"), tmp_path)
    assert done.returncode == code
    assert message in done.stderr.decode()


def test_what_is_freed_unchecked_ends_the_process(tmp_path):
    line = "    free {Box %p}"
    done = run_from_start(make_program(NULL.replace("LINE", line), after="liveness"), tmp_path)
    assert done.returncode == 3


def test_site_0_is_diverges():
    assert emit(increments(2, 1)).sites[0] == DIVERGES


def test_nobody_spawns_what_is_not_emitted():
    text = """
object x: shared U8

template t count 2
  entry a
  block a
    step
    store once x = 1:U8
    end

template work count 2 spawned parameters (%n)
  entry a
  local %n: U8
  block a
    step
    store once x = %n
    end
"""
    emitted = emit(make_program(text, after="liveness")).text
    assert "m_start_t(" in emitted
    assert "m_spawn_work" not in emitted
    assert "m_start_work" not in emitted


def test_patches_set_what_the_layout_packs():
    program = run_passes(load(ROOT / "specs/classics/readers-writers.py", "r.py").program({}))
    memory = Memory(program)
    layout = pack_slots(memory)
    values = tuple((slot.number, slot.hi) for slot in memory.slots)
    words = [0] * layout.words
    for patch in make_patch(layout, values):
        words[patch.word] = (words[patch.word] & patch.keep) | patch.set
    assert tuple(words) == layout.pack([value for _, value in values])


def test_a_patch_leaves_other_slots_alone():
    memory = Memory(increments(2, 1))
    layout = pack_slots(memory)
    full = tuple(slot.hi for slot in memory.slots)
    for slot in memory.slots:
        words = list(layout.pack(full))
        for patch in make_patch(layout, ((slot.number, slot.lo),)):
            words[patch.word] = (words[patch.word] & patch.keep) | patch.set
        changed = layout.unpack(words)
        assert [s for s in memory.slots if changed[s.number] != full[s.number]] == [slot]


def test_words():
    assert give_names("v_", ["a.1", "a_1", "%a.1", "ü"]) == {
        "a.1": "v_a_1",
        "a_1": "v_a_1_2",
        "%a.1": "v_a_1_3",
        "ü": "v_x",
    }
    assert write_value(-(1 << 63)) == "(-9223372036854775807LL - 1)"
    assert [write_value(v) for v in (0, 7, -3, UNINITIALISED)] == [
        *("0LL", "7LL", "(-3LL)", f"({UNINITIALISED}LL)")
    ]
    assert write_comment("a */ b /* c\n d\x07") == "/* a * / b / * c d? */"
    assert write_string('a"b\\c?é') == r'"a\042b\134c\077\303\251"'
    assert [strip_parentheses(t) for t in ("(a + (b))", "(a) + (b)", "f(a)", "a", "()")] == [
        *("a + (b)", "(a) + (b)", "f(a)", "a", "")
    ]
