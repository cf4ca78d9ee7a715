"""One line of a program's text → tokens, and a cursor over them."""

from __future__ import annotations

import json
import re

from modelcheck.diagnostics import NOWHERE, InternalError, Span

TOKEN = re.compile(
    r"""\s*(?:
      (?P<comment>;.*)
    | (?P<string>"(?:[^"\\]|\\.)*")
    | (?P<local>%(?:[A-Za-z0-9_][A-Za-z0-9_.]*|"(?:[^"\\]|\\.)*"))
    | (?P<special>\$[a-z_]+)
    | (?P<number>-?[0-9]+)
    | (?P<name>[A-Za-z_][A-Za-z0-9_]*(?:-[a-z]+)*)
    | (?P<symbol>\.\.|//|<<|>>|==|!=|<=|>=|[-+*%&|^~<>=(){}\[\],.:])
    )""",
    re.VERBOSE,
)
SPAN = re.compile(r"; (?P<path>.*):(\d+):(\d+)(?:-(\d+):(\d+))?")


class Cursor:
    """The tokens of one line, taken from left to right."""

    def __init__(self, line: str, number: int) -> None:
        self.number = number
        self.tokens: list[tuple[str, str]] = []
        self.position = 0
        self.span = NOWHERE
        at = 0
        text = line.rstrip()
        while at < len(text):
            found = TOKEN.match(text, at)
            if found is None or found.lastgroup is None:
                raise self.error(f"cannot read {text[at:]!r}")
            at = found.end()
            kind, word = found.lastgroup, found[found.lastgroup]
            if kind == "comment":
                self.span = self._read_span(word)
            else:
                self.tokens.append((kind, word))

    def _read_span(self, comment: str) -> Span:
        found = SPAN.fullmatch(comment)
        if found is None:
            raise self.error(f"{comment!r} is no place in a source")
        path = found["path"]
        numbers = (int(number or 0) for number in found.groups()[1:])
        return Span(json.loads(path) if path.startswith('"') else path, *numbers)

    def error(self, message: str) -> InternalError:
        """What to raise about this line."""
        return InternalError(f"line {self.number} of a program's text: {message}")

    def peek(self, ahead: int = 0) -> str:
        """The text of a token to come; empty behind the last one."""
        at = self.position + ahead
        return self.tokens[at][1] if at < len(self.tokens) else ""

    def kind(self) -> str:
        """The kind of the next token; empty behind the last one."""
        return self.tokens[self.position][0] if self.position < len(self.tokens) else ""

    def take(self) -> str:
        """The next token's text."""
        word = self.peek()
        if not word:
            raise self.error("it ends too early")
        self.position += 1
        return word

    def accept(self, word: str) -> bool:
        """Take the next token if it is this word."""
        found = self.peek() == word
        self.position += found
        return found

    def expect(self, *words: str) -> None:
        """Take these words."""
        for word in words:
            if not self.accept(word):
                raise self.error(f"expected `{word}`, found `{self.peek()}`")

    def integer(self) -> int:
        """Take a number."""
        if self.kind() != "number":
            raise self.error(f"expected a number, found `{self.peek()}`")
        return int(self.take())

    def string(self) -> str:
        """Take a quoted string."""
        if self.kind() != "string":
            raise self.error(f"expected a string, found `{self.peek()}`")
        return str(json.loads(self.take()))

    def name(self) -> str:
        """Take a name, quoted or not."""
        if self.kind() == "string":
            return self.string()
        if self.kind() != "name":
            raise self.error(f"expected a name, found `{self.peek()}`")
        return self.take()

    def local(self) -> str:
        """Take the name of a local."""
        if self.kind() != "local":
            raise self.error(f"expected a local, found `{self.peek()}`")
        word = self.take()[1:]
        return str(json.loads(word)) if word.startswith('"') else word

    def finish(self) -> None:
        """Nothing may be left."""
        if self.peek():
            raise self.error(f"did not expect `{self.peek()}`")
