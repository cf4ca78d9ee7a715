"""Picture → DOT: a cluster per thread, a rank per row, for those who lay out their own graphs.

The same rows, bars and arrows as the SVG; Graphviz decides where they lie.  Quoting is pydot's.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from modelcheck.trace.picture import Arrow, Bar, Picture, Row
from modelcheck.trace.shapes import (
    BLACK,
    BLUE,
    GREEN,
    GREY,
    GREY_TINT,
    PALE,
    RED_TINT,
    SKY,
    VERMILLION,
    WHITE,
)
from modelcheck.trace.text import write_stack

if TYPE_CHECKING:
    import pydot

FONT = "DejaVu Sans Mono"


def write_dot(*pictures: Picture) -> str:
    """The pictures of a violation, of which there is at least one, as one DOT graph: below each
    other.
    """
    import pydot

    graph = pydot.Dot(
        "trace",
        graph_type="digraph",
        newrank="true",
        rankdir="TB",
        nodesep="0.4",
        ranksep="0.25",
        fontname=quote_dot(FONT),
        labelloc="t",
        labeljust="l",
        label=_quote_lines(_list_caption(pictures)),
    )
    graph.set_node_defaults(
        shape="box", fontname=quote_dot(FONT), fontsize="10", style=quote_dot("rounded,filled")
    )
    graph.set_edge_defaults(fontname=quote_dot(FONT), fontsize="9")
    parts = [_Part(graph, picture) for picture in pictures]
    for part in parts:
        part.add()
    for above, below in pairwise(parts):
        below.stand_below(above)
    return finish_dot(graph)


class _Part:
    """One picture in a graph; its nodes have its number in their names where there are several."""

    def __init__(self, graph: pydot.Dot, picture: Picture) -> None:
        self.picture = picture
        self._graph = graph
        self._prefix = f"part_{picture.part}_" if picture.parts > 1 else ""
        self._title = f"{self._prefix}title"

    def row(self, number: int) -> str:
        """The node of a row."""
        return f"{self._prefix}row_{number}"

    def head(self, lane: int) -> str:
        """The node of a thread's name."""
        return f"{self._prefix}head_{lane}"

    def add(self) -> None:
        """Add all of it to the graph."""
        if self._prefix:
            self._add_title()
        for index in range(len(self.picture.lanes)):
            self._add_lane(index)
        self._order_lanes()
        for number in range(1, len(self.picture.rows)):
            self._graph.add_edge(self._make_step(number))
        for index, bar in enumerate(self.picture.bars):
            self._add_bar(index, bar)
        for arrow in self.picture.arrows:
            self._graph.add_edge(_make_edge(arrow, self.row(arrow.source), self.row(arrow.target)))

    def stand_below(self, above: _Part) -> None:
        """Have Graphviz draw it below another one."""
        import pydot

        last = len(above.picture.rows) - 1
        if last >= 0:
            self._graph.add_edge(pydot.Edge(above.row(last), self._title, style="invis"))

    def _add_title(self) -> None:
        """Which of several it is, and how it starts, above its threads."""
        import pydot

        lines = [self.picture.part_title, *_list_starts(self.picture)]
        self._graph.add_node(
            pydot.Node(
                self._title,
                label=_quote_lines(lines),
                shape="plaintext",
                style="solid",
                fontsize="13",
            )
        )
        for lane in range(len(self.picture.lanes)):
            self._graph.add_edge(pydot.Edge(self._title, self.head(lane), style="invis"))

    def _make_step(self, number: int) -> pydot.Edge:
        """From a row to the one below; where another thread goes on, why this one stops."""
        import pydot

        row = self.picture.rows[number]
        ends = (self.row(number - 1), self.row(number))
        if not (row.switch and row.why):
            return pydot.Edge(*ends, weight="0", style="invis")
        return pydot.Edge(
            *ends,
            weight="0",
            style="dotted",
            arrowhead="none",
            color=quote_dot(GREY),
            label=quote_dot(row.why),
        )

    def _add_lane(self, index: int) -> None:
        """A cluster with the thread's name on top and its rows below."""
        import pydot

        cluster = pydot.Cluster(
            f"{self._prefix}lane_{index}", label='""', color=quote_dot(PALE), style="rounded"
        )
        name = quote_dot(self.picture.lanes[index].name)
        cluster.add_node(
            pydot.Node(
                self.head(index), label=name, shape="plaintext", style="solid", fontsize="13"
            )
        )
        rows = [number for number, row in enumerate(self.picture.rows) if row.lane == index]
        for number in rows:
            cluster.add_node(_make_node(self.picture, number, self.row(number)))
        self._graph.add_subgraph(cluster)  # type: ignore[arg-type]  # a Cluster is one, pydot's types say not
        for before, after in pairwise([self.head(index), *(self.row(number) for number in rows)]):
            self._graph.add_edge(pydot.Edge(before, after, arrowhead="none", color=quote_dot(GREY)))

    def _order_lanes(self) -> None:
        """The names side by side, in the order of the lanes, above the first row."""
        import pydot

        names = [self.head(index) for index in range(len(self.picture.lanes))]
        rank = pydot.Subgraph(rank="same")
        for name in names:
            rank.add_node(pydot.Node(name))
        for before, after in pairwise(names):
            self._graph.add_edge(pydot.Edge(before, after, style="invis", weight="10"))
        self._graph.add_subgraph(rank)
        if self.picture.rows:
            self._graph.add_edge(pydot.Edge(self.head(0), self.row(0), style="invis", weight="0"))

    def _add_bar(self, index: int, bar: Bar) -> None:
        """Two small nodes beside the rows where something begins and ends, and a thick line."""
        import pydot

        first, last = max(bar.first, 0), max(bar.last, 0)
        since = "" if bar.first >= 0 else " from the start"
        match bar.kind:
            case "lock":
                label, colour, style = (
                    f"{self.picture.lanes[bar.lane].name} holds {bar.name}",
                    SKY,
                    "solid",
                )
                end = "" if bar.open else f"releases {bar.name}"
            case "read":
                label, colour, style = (
                    f"{self.picture.lanes[bar.lane].name} shares {bar.name}",
                    SKY,
                    "dashed",
                )
                end = "" if bar.open else f"leaves {bar.name}"
            case "life":
                label, colour, style = f"{bar.name} alive", GREEN, "solid"
                end = "" if bar.open else f"{bar.name} freed"
            case "freed":
                label, colour, style, end = f"{bar.name} after its end", VERMILLION, "dashed", ""
        names = (f"{self._prefix}bar_{index}_begin", f"{self._prefix}bar_{index}_end")
        for name, row, text in zip(names, (first, last), (label + since, end), strict=True):
            rank = pydot.Subgraph(rank="same")
            shape = "plaintext" if text else "point"
            rank.add_node(
                pydot.Node(name, label=quote_dot(text), shape=shape, style="solid", fontsize="9")
            )
            rank.add_node(pydot.Node(self.row(row)))
            self._graph.add_subgraph(rank)
        if first != last:
            self._graph.add_edge(
                pydot.Edge(
                    *names,
                    arrowhead="none",
                    penwidth="5",
                    weight="4",
                    color=quote_dot(colour),
                    style=style,
                )
            )


def finish_dot(graph: pydot.Dot) -> str:
    """The text of a graph, the same whatever made it."""
    text: str = graph.to_string()
    return "".join(f"{line.rstrip()}\n" for line in text.splitlines() if line.strip())


def quote_dot(text: str) -> str:
    """A text as one DOT string: quoted always, with backslashes and quotes escaped."""
    clean = "".join(c if c.isprintable() or c == "\n" else "\ufffd" for c in text)
    return '"' + clean.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def _quote_lines(lines: list[str]) -> str:
    """Lines as one label, each set to the left."""
    return '"' + "".join(f"{quote_dot(line)[1:-1]}\\l" for line in lines) + '"'


def _list_starts(picture: Picture) -> list[str]:
    return [f"start: {line}" for line in picture.start]


def _list_caption(pictures: Sequence[Picture]) -> list[str]:
    picture = pictures[-1]  # the last of a violation has the reason
    reasons: list[str] = []
    for row in picture.reason.rows:
        if row.stack:
            reasons += write_stack(picture, row)
            continue
        facts = (
            row.role,
            f"step {row.step}" if row.step is not None else "",
            row.thread,
            picture.cite_line(row.at) if row.at else "",
            row.what,
        )
        reasons.append("  ".join(filter(None, facts)))
    reasons += picture.reason.scenario
    starts = _list_starts(picture) if picture.parts == 1 else []
    return [picture.title, picture.reason.headline, *starts, *reasons, *picture.closing]


def _make_node(picture: Picture, number: int, name: str) -> pydot.Node:
    import pydot

    row = picture.rows[number]
    names = {"step": f"step {row.label}", "fold": f"steps {row.label}", "wait": "waiting"}
    head = names.get(row.kind, "next")
    if row.kind != "fold":
        head = f"{head}  {picture.cite_line(row.at)}"
    lines = [line.text for line in row.lines if line.role != "tag"]
    tag = [f"VIOLATED: {row.tag}" if row.failed else row.tag] if row.tag else []
    return pydot.Node(name, label=_quote_lines([head, *lines, *tag]), **_style(row))


def _style(row: Row) -> dict[str, Any]:  # what pydot takes as attributes
    if row.failed:
        return {
            "shape": "octagon",
            "color": quote_dot(VERMILLION),
            "fillcolor": quote_dot(RED_TINT),
            "penwidth": "4",
            "style": "filled",
        }
    if row.kind == "wait":
        return {
            "color": quote_dot(GREY if row.quiet else VERMILLION),
            "fillcolor": quote_dot(GREY_TINT if row.quiet else RED_TINT),
            "penwidth": "1" if row.quiet else "3",
            "style": quote_dot("dashed,filled"),
        }
    return {"color": quote_dot(GREY), "fillcolor": quote_dot(WHITE)}


def _make_edge(arrow: Arrow, source: str, target: str) -> pydot.Edge:
    import pydot

    styles = {
        "reads": (arrow.label, BLUE, "solid", "1.5"),
        "wakes": ("lets it go on", GREEN, "dashed", "2"),
        "hands over": (f"hands over {arrow.label}", BLUE, "bold", "2.5"),
        "free-use": ("freed here, used there", VERMILLION, "dashed", "3"),
        "waits": (f"waits for {arrow.label}", BLACK, "dotted", "2"),
        "race": ("either can come next", VERMILLION, "solid", "3"),
    }
    label, colour, style, width = styles[arrow.kind]
    return pydot.Edge(
        source,
        target,
        label=quote_dot(label),
        color=quote_dot(colour),
        fontcolor=quote_dot(colour),
        style=style,
        penwidth=width,
        constraint="false",
        dir="both" if arrow.kind == "race" else "forward",
    )
