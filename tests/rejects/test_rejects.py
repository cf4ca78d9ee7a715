"""Bad specs are refused: with exactly the codes they name, where they name them, without harm.

Each file here is one bad spec.  `# E: MC121` on a line says that this line gives this error; a
code twice means two errors.  Files whose name starts with `_` are parts of others.  What cannot be
written down as text (a directory, a megabyte of brackets) is made in this file.
"""

import builtins
import os
import re
import time
from pathlib import Path

import pytest

from modelcheck.diagnostics import SpecErrors, render
from modelcheck.frontend import load

HERE = Path(__file__).parent
CASES = sorted(p for p in HERE.glob("*.py") if not p.name.startswith(("_", "test_")))
EXPECTED = re.compile(r"# E: (MC\d{3}(?: MC\d{3})*)")
RENDERED = (
    "import_cycle",
    "name_twice",
    "name_unknown",
    "python_everywhere",
    "struct_copied",
    "syntax_c_arrow",
)


PART = re.compile(r"^from \.(_\w+) import", re.MULTILINE)


def read_files(path):
    """The lines of a case and of the parts it imports, by file name."""
    text = path.read_text(encoding="utf-8")
    parts = [path.with_name(f"{name}.py") for name in PART.findall(text)]
    return {p.name: p.read_text(encoding="utf-8").split("\n") for p in (path, *parts)}


def read_expectations(path):
    return sorted(
        (name, number, code)
        for name, lines in read_files(path).items()
        for number, line in enumerate(lines, start=1)
        for found in EXPECTED.finditer(line)
        for code in found[1].split()
    )


def refuse(path, shown="spec.py"):
    """What a bad file gives: its errors, found by loading it and making its program."""
    try:
        load(path, shown).program({})
    except SpecErrors as errors:
        return errors
    pytest.fail(f"{path} was accepted")


def refuse_bytes(tmp_path, data):
    path = tmp_path / "spec.py"
    path.write_bytes(data)
    started = time.monotonic()
    errors = refuse(path)
    assert time.monotonic() - started < 5
    assert render(errors, {})
    return [(e.code, e.span.line, e.span.col) for e in errors.errors]


@pytest.mark.parametrize("path", CASES, ids=lambda p: p.stem)
def test_each_line_gives_the_codes_it_names(path):
    errors = refuse(path, path.name)
    told = sorted((e.span.path, e.span.line, e.code) for e in errors.errors)
    assert told == read_expectations(path), render(errors, read_files(path))


@pytest.mark.parametrize("path", CASES, ids=lambda p: p.stem)
def test_each_error_can_be_printed_and_speaks_to_users(path):
    errors = refuse(path, path.name)
    files = read_files(path)
    text = render(errors, files)
    for error in errors.errors:
        assert f"{error.span}: error[{error.code}]: " in text
        assert 1 <= error.span.col <= len(files[error.span.path][error.span.line - 1]) + 1
        for words in (error.message, error.note, error.help):
            assert "invalid" not in words.lower()
            assert not re.search(r"\bast\.|<ast|object at 0x|Error\b(?!`)", words), words


def test_there_are_many_cases_and_each_names_a_code():
    assert len(CASES) >= 90
    assert not [path.name for path in CASES if not read_expectations(path)]


@pytest.mark.parametrize("name", RENDERED)
def test_whole_text_of_an_error(name, golden):
    path = HERE / f"{name}.py"
    golden(f"rejects/{name}.txt", render(refuse(path, path.name), read_files(path)))


def test_reading_a_hostile_spec_runs_nothing(tmp_path, monkeypatch):
    calls = []
    for name in ("eval", "exec"):
        monkeypatch.setattr(builtins, name, lambda *given, **_: calls.append(given))
    monkeypatch.setattr(os, "system", calls.append)
    monkeypatch.chdir(tmp_path)
    text = (
        'from modelcheck.lang import U8, shared, spec, thread\nspec("x")\n'
        '__import__("os").system("touch pwned")\n'
        'open("pwned", "w").close()\n'
        "@thread(count=exec(\"open('pwned', 'w')\"))\ndef work():\n    pass\n"
    )
    (tmp_path / "spec.py").write_text(text)
    errors = refuse(tmp_path / "spec.py")
    assert [e.code for e in errors.errors] == ["MC105", "MC105", "MC113"]
    assert not calls
    assert list(tmp_path.iterdir()) == [tmp_path / "spec.py"]


def test_a_missing_file(tmp_path):
    (error,) = refuse(tmp_path / "none.py", "none.py").errors
    assert (error.code, str(error.span)) == ("MC001", "none.py:1:1")
    (error,) = refuse(tmp_path / "none.py" / "below.py").errors
    assert error.code == "MC001"


def test_a_directory(tmp_path):
    (error,) = refuse(tmp_path).errors
    assert error.code == "MC002"


def test_a_pipe_is_not_opened(tmp_path):
    os.mkfifo(tmp_path / "spec.py")
    (error,) = refuse(tmp_path / "spec.py").errors
    assert error.code == "MC003"


def test_a_path_no_system_takes(tmp_path):
    for name in ("a" * 5000, "a\0b"):
        (error,) = refuse(tmp_path / name).errors
        assert error.code == "MC003"


def test_a_link_to_itself(tmp_path):
    (tmp_path / "spec.py").symlink_to("spec.py")
    (error,) = refuse(tmp_path / "spec.py").errors
    assert error.code == "MC003"


def test_a_file_that_may_not_be_read(tmp_path, monkeypatch):
    (tmp_path / "spec.py").write_text("x = 1\n")

    def refuse_to_open(*_args, **_options):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse_to_open)
    (error,) = refuse(tmp_path / "spec.py").errors
    assert (error.code, error.message) == ("MC003", "the file cannot be read: permission denied")


def test_bytes_that_are_not_utf8(tmp_path):
    assert refuse_bytes(tmp_path, b"x = 1\ny = '\xc3\xa9' # \xff\n") == [("MC004", 2, 11)]


def test_utf16(tmp_path):
    assert refuse_bytes(tmp_path, "x = 1\n".encode("utf-16")) == [("MC004", 1, 1)]


def test_a_nul_byte(tmp_path):
    assert refuse_bytes(tmp_path, b"x = 1\r\ny = 2\0\n") == [("MC005", 2, 6)]


def test_a_binary(tmp_path):
    assert refuse_bytes(tmp_path, b"\x7fELF\x02\x01\x01" + bytes(9))[0][:1] == ("MC005",)
    assert refuse_bytes(tmp_path, bytes(range(256)) * 100)[0][:1] == ("MC004",)


def test_an_empty_file(tmp_path):
    for data in (b"", b"\n\n", b"# only words\n", b"\xef\xbb\xbf"):
        assert refuse_bytes(tmp_path, data) == [("MC008", 1, 1)]


def test_hundred_thousand_lines(tmp_path):
    assert refuse_bytes(tmp_path, b"x = 1\n" * 100_000) == [("MC410", 20_001, 1)]


def test_a_hundred_megabytes(tmp_path):
    with (tmp_path / "spec.py").open("wb") as file:
        file.truncate(100 << 20)
    (error,) = refuse(tmp_path / "spec.py").errors
    assert error.code == "MC410"


@pytest.mark.parametrize(
    "text",
    [
        "x = " + "(" * 10_000 + "1" + ")" * 10_000,
        "x = " + "[" * 10_000,
        "x = " + "-" * 100_000 + "1",
        "x = " + "not " * 10_000 + "y",
        "x = " + "+".join(["1"] * 10_000),
        "x = " + "+".join(["1"] * 500),
        "x = a" + ".b" * 10_000,
        "x = a" + "()" * 10_000,
        "x = " + "lambda: " * 10_000 + "1",
        "x = " + "1 if 1 else " * 10_000 + "1",
        "x = " + "f(a=" * 60 + "1" + ")" * 60,
        "def f():\n    if a:\n        pass\n" + "    elif a:\n        pass\n" * 3_000,
        "def f():\n" + "".join(f"{' ' * n}if a:\n" for n in range(1, 150)) + " " * 200 + "pass",
    ],
    ids=lambda text: text[:12].replace("\n", " "),
)
def test_nesting_ends_in_an_error(tmp_path, text):
    ((code, line, _),) = refuse_bytes(tmp_path, text.encode())
    assert code == "MC411"
    assert line == 1 or "def f" in text


@pytest.mark.parametrize(
    "body",
    [
        "".join(f"{' ' * n}if n == 0:\n" for n in range(1, 90)) + " " * 90 + "pass\n",
        " x = " + " + ".join(["1"] * 90) + "\n",
        " x = " + "-" * 90 + "1\n",
        " x = " + "(" * 150 + "1" + ")" * 150 + "\n",
        " if n == 0:\n  pass\n" + "".join(f" elif n == {i}:\n  pass\n" for i in range(90)),
        " x = " + "max(1, " * 45 + "1" + ")" * 45 + "\n",
    ],
    ids=lambda body: body.strip()[:12],
)
def test_nesting_within_the_limit_is_no_trouble_to_any_phase(tmp_path, body):
    path = tmp_path / "spec.py"
    head = "from modelcheck.lang import U8, shared, spec, thread\n"
    text = f'{head}spec("x")\nn = shared(U8)\n@thread\ndef work():\n{body}'
    path.write_text(text)
    load(path, "spec.py").program({})


def test_a_long_flat_expression_is_no_nesting(tmp_path):
    text = "x = " + " and ".join(["y"] * 5_000)
    assert {code for code, _, _ in refuse_bytes(tmp_path, text.encode())} != {"MC411"}


def test_columns_count_characters(tmp_path):
    text = 'x = "äöü", 1.5\n'
    assert ("MC146", 1, 5) in refuse_bytes(tmp_path, text.encode())
    text = "def f():\n    é = 1.5; x = 2.5\n"
    assert refuse_bytes(tmp_path, text.encode()) == [
        ("MC106", 2, 5),
        ("MC138", 2, 9),
        ("MC138", 2, 18),
    ]


def test_line_ends_and_byte_order_mark_do_not_count(tmp_path):
    for data in (b"\xef\xbb\xbfx = 1.5\r\n", b"\r\rx = 1.5\r"):
        ((code, _, col),) = refuse_bytes(tmp_path, data)
        assert (code, col) == ("MC138", 5)
