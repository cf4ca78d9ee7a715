"""Mermaid's grammar of sequence diagrams, as far as tests need it: text → statements or an error.

The lexer has the rules of packages/mermaid/src/diagrams/sequence/parser/sequenceDiagram.jison in
their order, because jison takes the first rule that matches and no case matters; what happens to
the text before it is `cleanupComments` and `encodeEntities` (mermaidAPI.ts), what after it
`decodeEntities` and an HTML parser.
"""

import html
import re

LINE_WORDS = ("loop", "rect", "opt", "alt", "else", "par", "par_over", "and", "critical", "option")
WORDS = ("links", "link", "properties", "details", "over", "note")

# State, pattern, token (None: skipped), what happens to the state.
RULES = [
    ("INITIAL", r"[\n]+", "NEWLINE", None),
    ("INITIAL", r"\s+", None, None),
    ("ID ALIAS LINE", r"((?!\n)\s)+", None, None),
    ("INITIAL ID ALIAS LINE", r"\#[^\n]*", None, None),
    ("INITIAL", r"%%(?!\{)[^\n]*", None, None),
    ("INITIAL", r"[^\}]%%[^\n]*", None, None),
    ("INITIAL", r"[0-9]+(?=[ \n]+)", "NUM", None),
    ("INITIAL", r"box\b", "box", "LINE"),
    ("INITIAL", r"participant\b", "participant", "ID"),
    ("INITIAL", r"actor\b", "participant_actor", "ID"),
    ("INITIAL", r"create\b", "create", None),
    ("INITIAL", r"destroy\b", "destroy", "ID"),
    (
        "ID",
        r"[^\->:\n,;]+?([\-]*[^\->:\n,;]+?)*?(?=((?!\n)\s)+as(?!\n)\s|[#\n;]|$)",
        "ACTOR",
        "ALIAS",
    ),
    ("ALIAS", r"as\b", "AS", "LINE!"),
    ("ALIAS", r"(?:)", "NEWLINE", "INITIAL!"),
    *(("INITIAL", rf"{word}\b", word, "LINE") for word in LINE_WORDS),
    ("LINE", r"(?:[:]?(?:no)?wrap:)?[^#\n;]*", "restOfLine", "INITIAL!"),
    ("INITIAL", r"end\b", "end", None),
    ("INITIAL", r"left of\b", "left_of", None),
    ("INITIAL", r"right of\b", "right_of", None),
    *(("INITIAL", rf"{word}\b", word, None) for word in WORDS),
    ("INITIAL", r"activate\b", "activate", "ID"),
    ("INITIAL", r"deactivate\b", "deactivate", "ID"),
    ("INITIAL", r"title\s[^#\n;]+", "title", None),
    ("INITIAL", r"title:\s[^#\n;]+", "legacy_title", None),
    ("INITIAL", r"accTitle\s*:\s*", "unsupported", None),
    ("INITIAL", r"accDescr\s*[:{]\s*", "unsupported", None),
    ("INITIAL", r"sequenceDiagram\b", "SD", None),
    ("INITIAL", r"autonumber\b", "unsupported", None),
    ("INITIAL", r"off\b", "unsupported", None),
    ("INITIAL", r",", ",", None),
    ("INITIAL", r";", "NEWLINE", None),
    (
        "INITIAL",
        r"[^\+\->:\n,;]+((?!(\-x|\-\-x|\-\)|\-\-\)))[\-]*[^\+\->:\n,;]+)*",
        "ACTOR",
        None,
    ),
    *(
        ("INITIAL", re.escape(sign), "sign", None)
        for sign in ("->>", "-->>", "->", "-->", "-x", "--x", "-)", "--)")
    ),
    ("INITIAL", r":(?:(?:no)?wrap:)?[^#\n;]+", "TXT", None),
    ("INITIAL", r"\+", "+", None),
    ("INITIAL", r"-", "-", None),
]
COMPILED = [
    (states.split(), re.compile(pattern, re.IGNORECASE), token, change)
    for states, pattern, token, change in RULES
]


class NoDiagramError(Exception):
    """The text is not in the grammar."""


def encode_entities(text):
    """What Mermaid does to `#59;` before it lexes; with its way of mending style statements."""
    for word in ("style", "classDef"):
        text = re.sub(rf"{word}.*:\S*#.*;", lambda found: found[0][:-1], text)
    return re.sub(
        r"#\w+;",
        lambda found: f"ﬂ°{'°' if found[0][1:-1].isdigit() else ''}{found[0][1:-1]}¶ß",
        text,
    )


def decode(text):
    """What the reader sees of a text."""
    marks = text.replace("ﬂ°°", "&#").replace("ﬂ°", "&").replace("¶ß", ";")
    return html.unescape(marks).strip()


def list_tokens(text):
    text = re.sub(r"^\s*%%(?!\{)[^\n]+\n?", "", text, flags=re.MULTILINE)
    text = encode_entities(text) + "\n"
    if "%%{" in text or text.startswith("---"):
        raise NoDiagramError("a directive")
    state, position, tokens = "INITIAL", 0, []
    while position < len(text):
        for states, pattern, token, change in COMPILED:  # noqa: B007 (the first that matches)
            found = pattern.match(text, position) if state in states else None
            if found and (found.end() > position or change):
                break
        else:
            raise NoDiagramError(f"cannot read {text[position : position + 40]!r}")
        position = found.end()
        if change:
            state = change.rstrip("!")
        if token:
            tokens.append((token, found[0].strip()))
    return [*tokens, ("NEWLINE", "")]


class Reader:
    """Statements as tuples: ("participant", id, name), ("note", ids, text), ("arrow", from, sign,
    to, text), ("rect", colour, statements), ("activate", id), ("deactivate", id), ("title", text).
    """

    def __init__(self, text):
        self.tokens = list_tokens(text)

    def take(self, *wanted):
        token, text = self.tokens.pop(0) if self.tokens else ("the end", "")
        if token not in wanted:
            raise NoDiagramError(f"{token} {text!r} where {wanted} should stand")
        return text

    def peek(self):
        return self.tokens[0][0] if self.tokens else "the end"

    def read(self):
        while self.peek() == "NEWLINE":
            self.take("NEWLINE")
        self.take("SD")
        statements = list(self.read_document())
        if self.tokens:
            raise NoDiagramError(f"{self.tokens[0]} is too much")
        return statements

    def read_document(self):
        while self.tokens and self.peek() != "end":
            if self.peek() == "NEWLINE":
                self.take("NEWLINE")
                continue
            yield self.read_statement()

    def read_statement(self):
        match self.peek():
            case "participant":
                self.take("participant")
                actor = self.take("ACTOR")
                self.take("AS")
                statement = ("participant", actor, decode(self.take("restOfLine")))
            case "title":
                return ("title", decode(self.take("title")[len("title") :]))
            case "rect":
                self.take("rect")
                colour = self.take("restOfLine")
                inside = list(self.read_document())
                self.take("end")
                return ("rect", colour, inside)
            case "note":
                self.take("note")
                self.take("over")
                actors = [self.take("ACTOR")]
                if self.peek() == ",":
                    self.take(",")
                    actors.append(self.take("ACTOR"))
                statement = ("note", actors, self.read_text())
            case "activate" | "deactivate" as word:
                self.take(word)
                statement = (word, self.take("ACTOR"))
            case _:
                source, sign = self.take("ACTOR"), self.take("sign")
                statement = ("arrow", source, sign, self.take("ACTOR"), self.read_text())
        self.take("NEWLINE")
        return statement

    def read_text(self):
        """The lines of a message; an element other than a line break would be one in the page."""
        text = self.take("TXT")[1:].strip()
        if re.match(r":?(no)?wrap:", text) or "$$" in text:
            raise NoDiagramError(f"{text!r} is not taken as it stands")
        lines = re.split(r"<br\s*/?>", text, flags=re.IGNORECASE)
        if any(c in line for line in lines for c in "<>&"):
            raise NoDiagramError(f"{text!r} holds HTML")
        return [decode(line) for line in lines]


def read_diagram(text):
    """The statements of a diagram.  Raises NoDiagramError."""
    return Reader(text).read()
