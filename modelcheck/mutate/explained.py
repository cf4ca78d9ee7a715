"""What a spec says of mutants that survive, in comments:

    down_read(root.kernfs_rwsem)  # mutate: survives drop-lock: its locks are its own affair

Such a comment is about the statement that it stands behind, or, on a line of its own, about the
next one.  At a `def` it is about the whole routine.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from modelcheck.diagnostics import Span, SpecError, SpecErrors, did_you_mean
from modelcheck.frontend import Spec
from modelcheck.mutate.edits import find_end
from modelcheck.mutate.mutant import Mutant
from modelcheck.mutate.mutators import MUTATORS

_COMMENT = re.compile(r"#\s*mutate:(.*)")
_FORM = re.compile(r"\s*survives ([\w-]+(?:, *[\w-]+)*): *(\S.*)")


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why the mutants of one mutator survive at `first` to `last`; the comment is at `line`."""

    mutator: str
    reason: str
    line: int
    first: int
    last: int
    whole: bool  # about a routine

    def is_about(self, mutant: Mutant) -> bool:
        """Whether it names the mutant."""
        if mutant.mutator != self.mutator:
            return False
        if self.whole:
            return self.first <= mutant.line <= self.last
        return any(first <= self.first <= last for first, last in mutant.heads)


def read_explanations(spec: Spec) -> tuple[Explanation, ...]:
    """The explanations in a spec's own file, in the order of the text.

    Raises `SpecErrors` MC420 for a comment that begins like one and says something else.
    """
    text, shown = spec.main.source.text, spec.main.source.shown
    routines: dict[int, ast.FunctionDef] = {}
    for node in spec.main.source.tree.body:
        if isinstance(node, ast.FunctionDef):
            first = min((d.lineno for d in node.decorator_list), default=node.lineno)
            head = node.body[0].lineno
            routines |= dict.fromkeys(range(first, max(head, node.lineno + 1)), node)
    found: list[Explanation] = []
    errors: list[SpecError] = []
    for line, col, comment, target in _list_comments(text):
        match = _FORM.fullmatch(comment)
        names = re.split(", *", match[1]) if match else []
        unknown = [name for name in names if name not in MUTATORS]
        if match is None or unknown:
            span = Span(shown, line, col + 1, line, len(text.split("\n")[line - 1]) + 1)
            errors.append(_refuse(span, unknown))
            continue
        routine = routines.get(target)
        place = (target, target)
        if routine is not None:
            place = routine.lineno, find_end(routine)[0]
        found += [Explanation(n, match[2], line, *place, routine is not None) for n in names]
    if errors:
        raise SpecErrors(errors)
    return tuple(found)


def _refuse(span: Span, unknown: Sequence[str]) -> SpecError:
    if not unknown:
        return SpecError(
            "MC420",
            "this comment does not say what survives",
            span,
            help="write `# mutate: survives MUTATOR: why nothing misses it`",
        )
    hint = did_you_mean(unknown[0], MUTATORS)
    return SpecError(
        "MC420",
        f"there is no mutator `{unknown[0]}`",
        span,
        help=hint or f"there is {', '.join(MUTATORS)}",
    )


def _list_comments(text: str) -> Iterator[tuple[int, int, str, int]]:
    """Line, column, words and subject of each: a comment on a line of its own is about the next
    line of code.
    """
    waiting: list[tuple[int, int, str]] = []
    lines = text.split("\n")
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            match = _COMMENT.search(token.string)
            if match is None:
                continue
            line, col = token.start[0], token.start[1] + match.start()
            if lines[line - 1][: token.start[1]].strip():
                yield line, col, match[1].rstrip(), line
            else:
                waiting.append((line, col, match[1].rstrip()))
        elif token.type not in _NO_CODE:
            for line, col, words in waiting:
                yield line, col, words, token.start[0]
            waiting.clear()


_NO_CODE = frozenset({tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT})
