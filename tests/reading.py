"""An HTML page, read strictly: what is not closed, what leads outside, what it says."""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"input", "link", "meta", "br", "img"}
RAW = {"script", "style"}
LEADING = {"src", "href", "srcset", "action", "formaction", "data", "poster", "xlink:href"}


@dataclass
class Node:
    tag: str
    facts: dict
    inside: list = field(default_factory=list)

    @property
    def text(self):
        return "".join(n if isinstance(n, str) else n.text for n in self.inside)

    def walk(self):
        yield self
        for node in self.inside:
            if isinstance(node, Node):
                yield from node.walk()


class Page(HTMLParser):
    """`faults`: elements that do not close; `outside`: addresses and imports beyond the file."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.root = Node("", {})
        self.open = [self.root]
        self.faults = []
        self.outside = []

    def handle_starttag(self, tag, attrs):
        self.handle_startendtag(tag, attrs)
        if tag not in VOID:
            self.open.append(self.open[-1].inside[-1])

    def handle_startendtag(self, tag, attrs):
        names = [name for name, _ in attrs]
        if len(set(names)) < len(names):
            self.faults.append(f"{tag} has an attribute twice")
        for name, value in attrs:
            if name in LEADING and not re.fullmatch(r"[\w.%-]+\.html", value or ""):
                self.outside.append(f"{tag} {name}={value}")
            if name.startswith("on") or (name == "style"):
                self.outside.append(f"{tag} {name}={value}")
        self.open[-1].inside.append(Node(tag, dict(attrs)))

    def handle_endtag(self, tag):
        if self.open[-1].tag == tag:
            self.open.pop()
        else:
            self.faults.append(f"</{tag}> where {self.open[-1].tag} is open")

    def handle_data(self, data):
        self.open[-1].inside.append(data)

    def all(self, tag, **facts):
        wanted = {k.rstrip("_").replace("_", "-"): v for k, v in facts.items()}
        return [
            n
            for n in self.root.walk()
            if n.tag == tag and all(n.facts.get(k) == v for k, v in wanted.items())
        ]

    def text_of(self, tag, **facts):
        return "".join(n.text for n in self.all(tag, **facts))

    @property
    def policy(self):
        meta = next(n for n in self.all("meta") if "http-equiv" in n.facts)
        parts = [part.split() for part in meta.facts["content"].split(";")]
        return {part[0]: part[1:] for part in parts}


def read_page(text):
    page = Page()
    page.feed(text)
    page.close()
    assert text.startswith("<!DOCTYPE html>\n")
    page.faults += [f"{node.tag} is never closed" for node in page.open[1:]]
    for tag in RAW:
        for node in page.all(tag):
            page.outside += re.findall(r"@import|url\(|\b(?:https?:|ftp:)?//[\w.]+\.\w+", node.text)
            if node.facts.get("src"):
                page.outside.append(node.facts["src"])
    return page
