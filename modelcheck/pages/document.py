"""Text → HTML: elements whose text is quoted, and the document around them.

A document asks for nothing outside itself.  Its own policy says so to the browser, and allows only
the one script whose hash it names: a name in a spec that came through unquoted could not run.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from importlib import resources

NOT_TEXT = re.compile("[^\t\n\u0020-\u007e\u00a0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
TURNING = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")  # turns text around (bidi)
VOID = frozenset({"input", "link", "meta"})


class Markup(str):
    """Text that is HTML already."""

    __slots__ = ()


def clean(text: str) -> str:
    """A text without what no document may hold, and without what makes it look like another."""
    return TURNING.sub("\ufffd", NOT_TEXT.sub("\ufffd", text))


def quote(text: str) -> Markup:
    """A text as HTML; what is HTML already stays."""
    return text if isinstance(text, Markup) else Markup(html.escape(clean(text)))


def join(*inside: str) -> Markup:
    """Texts and markup one behind the other."""
    return Markup("".join(map(quote, inside)))


def element(tag: str, /, *inside: str, **facts: str | int | bool | None) -> Markup:
    """An element: `inside` is quoted unless it is markup.

    Of `facts`, the attributes, True is one without a value, False and None are none; `class_` is
    `class`, `data_row` is `data-row`.
    """
    attributes = "".join(
        f" {key.rstrip('_').replace('_', '-')}"
        + ("" if value is True else f'="{quote(str(value))}"')
        for key, value in facts.items()
        if value is not None and value is not False
    )
    if tag in VOID:
        return Markup(f"<{tag}{attributes}>")
    return Markup(f"<{tag}{attributes}>{join(*inside)}</{tag}>")


def embed(value: object, name: str) -> Markup:
    """A JSON value for the script, in an element that no text inside can end."""
    text = clean(json.dumps(value, ensure_ascii=False, separators=(",", ":")))
    return Markup(
        f'<script type="application/json" id="{name}">'
        + text.replace("<", "\\u003c").replace("&", "\\u0026")
        + "</script>"
    )


def read_asset(name: str) -> str:
    """The text of a style sheet or script of the package."""
    return resources.files("modelcheck.pages").joinpath(name).read_text(encoding="utf-8")


def write_document(title: str, body: str, *, style: str, script: str = "") -> str:
    """A whole document; `style` and `script` are names of assets."""
    sheet = read_asset("base.css") + read_asset(style)
    code = read_asset(script) if script else ""
    policy = f"default-src 'none'; base-uri 'none'; form-action 'none'; style-src {_hash(sheet)}"
    policy += f"; script-src {_hash(code)}" if code else ""
    head = join(
        element("meta", charset="utf-8"),
        "\n",
        Markup(f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("title", title),
        Markup(f"\n<style>{sheet}</style>\n"),
    )
    ending = Markup(f"<script>{code}</script>\n") if code else Markup("")
    return (
        '<!DOCTYPE html>\n<html lang="en">\n'
        + element("head", "\n", head)
        + "\n"
        + element("body", "\n", quote(body), "\n", ending)
        + "\n</html>\n"
    )


def _hash(text: str) -> str:
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return f"'sha256-{digest}'"
