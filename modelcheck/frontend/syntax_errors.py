"""Python's syntax errors → ours: in the words of someone who writes C all day, at the right place.

Python's parser says "invalid syntax" where a kernel developer typed `&&` or `->`.  The table
below turns the commonest of these into what to write.  A message without a row is passed on,
without the word "invalid".
"""

from __future__ import annotations

import re

from modelcheck.diagnostics import Span, SpecError

_INDENTATION = (
    (r"inconsistent use of tabs", "tabs and spaces are mixed in the indentation", "use spaces"),
    (r"unindent does not match", "this line is indented like no block around it", ""),
    (r"unexpected indent", "this line is indented more than the block it stands in", ""),
    (
        r"expected an indented block after (.*) on line (\d+)",
        r"the body of the \1 on line \2 is missing",
        "indent the body, or write `pass`",
    ),
)

_MESSAGES = (
    (r"'(.)' was never closed", r"`\1` is never closed", ""),
    (r"unmatched '(.)'", r"`\1` closes nothing", ""),
    (
        r"closing parenthesis '(.)' does not match opening parenthesis '(.)'( on line \d+)?",
        r"`\1` does not close `\2`\3",
        "",
    ),
    (r"unterminated (triple-quoted )?string literal.*", r"the \1string is never closed", ""),
    (r"expected ':'", "a `:` is missing here", ""),
    (r"expected '(.+)'", r"a `\1` is missing here", ""),
    (
        r"invalid syntax\. Perhaps you forgot a comma\?",
        "a comma or an operator is missing here",
        "",
    ),
    (
        r"invalid syntax\. Maybe you meant '(.+)' or '(.+)' .*",
        "this is no condition",
        r"did you mean `\1`?",
    ),
    (r"invalid non-printable character (U\+\w+)", r"the invisible character \1 stands here", ""),
    (r"invalid character '(.)' \((U\+\w+)\)", r"`\1` (\2) is no Python character", ""),
    (r"invalid (\w+) literal", r"this is no \1 number", ""),
    (
        r"leading zeros in decimal integer literals .*",
        "a number may not start with 0",
        "octal is written `0o17`",
    ),
    (r"cannot assign to (.+?) here\. .*", r"\1 cannot be assigned to", "a comparison is `==`"),
    (r"cannot assign to (.+)", r"\1 cannot be assigned to", ""),
    (r"Missing parentheses in call to '(\w+)'.*", r"the call of `\1` needs parentheses", ""),
    (r"unexpected character after line continuation.*", r"`\\` must end its line", ""),
    (r"unexpected EOF while parsing", "the file ends in the middle of a statement", ""),
    (r"'break' outside loop", "`break` stands in no loop", ""),
    (r"'continue' not properly in loop", "`continue` stands in no loop", ""),
    (r"duplicate argument '(.+)' in .*", r"two parameters are called `\1`", ""),
    (r"keyword argument repeated: (.+)", r"`\1=` is given twice", ""),
    (
        r"name '(.+)' is (assigned to|used) (before|prior to) global declaration",
        r"`\1` is used above its `global`",
        "move `global` to the beginning of the routine",
    ),
    (r"name '(.+)' is parameter and global", r"`\1` is a parameter and `global`", ""),
    (r"wildcard makes remaining patterns unreachable", "nothing is left to match after `_`", ""),
    (r"Exceeds the limit .*", "this number has thousands of digits", ""),
)

# What C has and Python spells differently, looked for on the line that Python refused.
_C_HABITS = (
    (r"&&", "write `and` for `&&`"),
    (r"\|\|", "write `or` for `||`"),
    (r"->", "write `.` for `->`: a pointer's fields are reached with a dot"),
    (r"\+\+", "write `x += 1` for `x++`"),
    (r"\w--", "write `x -= 1` for `x--`"),
    (r"\belse\s+if\b", "write `elif` for `else if`"),
    (r"/\*|^\s*//", "write `#` before a comment"),
    (r"!(?!=)", "write `not` for `!`"),
    (r"\?.*:", "write `a if condition else b` for `condition ? a : b`"),
    (r"^\s*(if|while|for|switch)\b.*\{\s*$", "write `:` for `{`, and indent the body"),
    (r"^\s*switch\b", "write `match x:` for `switch (x)`"),
    (r"^\s*(struct|enum|union)\b", "a struct is a class: `@struct`, then `class Name:`"),
    (r"^\s*(void|int|bool|unsigned|long|u8|u16|u32|char|static)\b", "a routine starts with `def`"),
)


def translate_syntax_error(error: SyntaxError, lines: tuple[str, ...], shown: str) -> SpecError:
    """The coded error for what `ast.parse` or `compile` said about a file with `lines`."""
    text = error.msg or "invalid syntax"
    span = _place(error, lines, shown)
    if text.startswith(("too many nested parentheses", "too many levels of indentation")):
        return SpecError(
            "MC411",
            "this nests too deep",
            span,
            help="split it: name a part with an assignment or a routine",
        )
    rows = _INDENTATION if isinstance(error, IndentationError) else _MESSAGES
    code = "MC007" if isinstance(error, IndentationError) else "MC006"
    habit = "" if code == "MC007" else _habit(lines, span.line)
    for pattern, message, advice in rows:
        found = re.fullmatch(pattern, text) or (code == "MC007" and re.match(pattern, text))
        if found:
            told = found.expand(message).replace("  ", " ")
            return SpecError(code, told, span, help=habit or found.expand(advice))
    if text == "invalid syntax":
        return SpecError(code, _unexpected(lines, span), span, help=habit)
    told = text.replace("invalid ", "wrong ").rstrip(".")
    return SpecError(code, told[:1].lower() + told[1:], span, help=habit)


def _place(error: SyntaxError, lines: tuple[str, ...], shown: str) -> Span:
    """Python's place, brought inside the text (it may lie behind its end, or be 0 or missing)."""
    line = min(max(error.lineno or 1, 1), max(len(lines), 1))
    length = len(lines[line - 1]) if lines else 0
    inside = (error.lineno or 1) <= len(lines)
    col = min(max(error.offset or 1, 1), length + 1) if inside else length + 1
    end_line, end_col = error.end_lineno or line, error.end_offset or 0
    if inside and lines[line - 1][col - 1 :].startswith("#"):  # it missed something before that
        col = len(lines[line - 1][: col - 1].rstrip()) + 1
        return Span(shown, line, col, line, col + 1)
    if end_line == line and end_col > col:
        return Span(shown, line, col, line, min(end_col, length + 1))
    if line < end_line <= len(lines):  # an unclosed string, say: its first line tells enough
        return Span(shown, line, col, line, max(length, col) + 1)
    return Span(shown, line, col, line, col + 1)


def _habit(lines: tuple[str, ...], line: int) -> str:
    code = lines[line - 1].split("#", 1)[0] if lines else ""
    code = re.sub(r"\"[^\"]*\"|'[^']*'", "", code)
    return next((advice for pattern, advice in _C_HABITS if re.search(pattern, code)), "")


def _unexpected(lines: tuple[str, ...], span: Span) -> str:
    word = lines[span.line - 1][span.col - 1 : span.end_col - 1].strip() if lines else ""
    if not word:
        return "the statement breaks off here"
    if len(word) > 40 or "`" in word:
        return "this is not Python"
    return f"`{word}` is not expected here"
