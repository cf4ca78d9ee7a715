"""How errors are printed."""

from pathlib import Path

from modelcheck.diagnostics import (
    Related,
    Span,
    SpecError,
    SpecErrors,
    SpecWarning,
    render,
    show_path,
)

COPY = SpecError(
    "MC121",
    "`a.wait = b.wait` would copy a whole `WaitQueue`",
    Span("specs/psi/poll.py", 41, 5, 41, 20),
    note="one step is one access to shared memory; a struct has many",
    help="copy the fields you need, or keep a `Ptr[WaitQueue]`",
)
NAME = SpecError(
    "MC201",
    "`retry` is not defined",
    Span("specs/locking/seqlock.py", 41, 11, 41, 16),
    help="did you mean `read_seqretry` (modelcheck.kernel)?",
)
SOURCES = {
    "specs/psi/poll.py": [""] * 40 + ["    a.wait = b.wait"],
    "specs/locking/seqlock.py": [""] * 40 + ["    while retry(seq):"],
}


def test_note_and_help_stand_below():
    assert render([COPY], SOURCES) == (
        "specs/psi/poll.py:41:5: error[MC121]: `a.wait = b.wait` would copy a whole `WaitQueue`\n"
        "   |\n"
        "41 |     a.wait = b.wait\n"
        "   |     ^^^^^^^^^^^^^^^\n"
        "   = note: one step is one access to shared memory; a struct has many\n"
        "   = help: copy the fields you need, or keep a `Ptr[WaitQueue]`\n"
    )


def test_a_lone_short_help_stands_beside_the_carets():
    assert render([NAME], SOURCES) == (
        "specs/locking/seqlock.py:41:11: error[MC201]: `retry` is not defined\n"
        "41 |     while retry(seq):\n"
        "   |           ^^^^^  help: did you mean `read_seqretry` (modelcheck.kernel)?\n"
    )


def test_a_warning_is_printed_like_an_error():
    warning = SpecWarning(NAME.code, NAME.message, NAME.span, help=NAME.help)
    text = render([warning], SOURCES)
    assert text == render([NAME], SOURCES).replace("error[", "warning[")
    assert "\x1b[1;33mwarning[MC201]\x1b[0m: " in render([warning], SOURCES, color=True)


def test_errors_are_sorted_by_place_and_told_once():
    text = render(SpecErrors([COPY, NAME, COPY]), SOURCES)
    assert text.index("MC201") < text.index("MC121")
    assert text.count("MC121") == 1
    assert "\n\nspecs/psi" in text


def test_both_places_of_a_conflict_are_shown():
    error = SpecError(
        "MC202",
        "`n` is declared twice",
        Span("a.py", 12, 1, 12, 2),
        related=(Related(Span("a.py", 3, 1, 3, 2), "first declared here"),),
    )
    lines = ["", "", "n = shared(U8)"] + [""] * 8 + ["n = flag(True)"]
    assert render([error], {"a.py": lines}) == (
        "a.py:12:1: error[MC202]: `n` is declared twice\n"
        "   |\n"
        "12 | n = flag(True)\n"
        "   | ^\n"
        "a.py:3:1: first declared here\n"
        "3 | n = shared(U8)\n"
        "  | ^\n"
    )


def test_a_place_of_several_lines_is_marked_on_each_and_cut_in_the_middle():
    lines = ["x = f(", "    1,", "    2,", "    3,", "    4,", ")"]
    assert render([SpecError("MC1", "m", Span("a.py", 1, 5, 6, 2))], {"a.py": lines}) == (
        "a.py:1:5: error[MC1]: m\n"
        "  |\n"
        "1 | x = f(\n"
        "  |     ^^\n"
        "2 |     1,\n"
        "  |     ^^\n"
        "  | ...\n"
        "6 | )\n"
        "  | ^\n"
    )


def test_carets_stand_below_the_place_whatever_is_before_it():
    text = render([SpecError("MC1", "m", Span("a.py", 1, 6, 1, 7))], {"a.py": ["\t日é́ x"]})
    marked, carets = text.split("\n")[2:4]
    assert marked == "1 |  日é́ x"
    assert carets == "  |      ^"


def test_a_long_line_is_cut_around_the_place():
    line = "a" * 5000 + "X" + "b" * 5000
    text = render([SpecError("MC1", "m", Span("a.py", 1, 5001, 1, 5002))], {"a.py": [line]})
    marked, carets = text.split("\n")[2:4]
    assert len(marked) < 180
    assert marked[carets.index("^")] == "X"


def test_nothing_in_a_spec_reaches_the_terminal_as_a_command():
    lines = ["x = 1  # \x1b[2Jgone\x07"]
    text = render(
        [SpecError("MC1", "say \x1b[2J", Span("a\x1b.py", 1, 1, 1, 2))], {"a\x1b.py": lines}
    )
    assert "\x1b" not in text
    assert "\x07" not in text


def test_colour_changes_nothing_but_colour():
    import re

    plain = re.sub(r"\x1b\[[0-9;]*m", "", render([COPY, NAME], SOURCES, color=True))
    assert plain == render([COPY, NAME], SOURCES)


def test_lines_are_read_from_disk_where_they_are_not_given(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("a.py").write_text("x = 1\n")
    assert "1 | x = 1\n  | ^" in render([SpecError("MC1", "m", Span("a.py", 1, 1, 1, 2))])
    for gone in ("none.py", "."):
        error = SpecError("MC1", "m", Span(gone, 3, 1, 3, 2), note="n")
        assert render([error]) == f"{gone}:3:1: error[MC1]: m\n  = note: n\n"


def test_paths_are_shown_relative_to_the_current_directory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert show_path(tmp_path / "specs" / "a.py") == "specs/a.py"
    assert show_path(Path("specs/../a.py")) == "a.py"
    assert show_path(Path("/elsewhere/a.py")) == "/elsewhere/a.py"
