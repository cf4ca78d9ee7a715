"""Picture → DOT: a cluster per thread, a rank per row, for those who lay out their own graphs.

The same rows, bars and arrows as the SVG; Graphviz decides where they lie.  Quoting is pydot's.
"""

from __future__ import annotations

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


def write_dot(picture: Picture) -> str:
    """The picture as a DOT graph."""
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
        label=_quote_lines(_list_caption(picture)),
    )
    graph.set_node_defaults(
        shape="box", fontname=quote_dot(FONT), fontsize="10", style=quote_dot("rounded,filled")
    )
    graph.set_edge_defaults(fontname=quote_dot(FONT), fontsize="9")
    for index in range(len(picture.lanes)):
        _add_lane(graph, picture, index)
    _order_lanes(graph, picture)
    for number in range(1, len(picture.rows)):
        graph.add_edge(pydot.Edge(f"row_{number - 1}", f"row_{number}", weight="0", style="invis"))
    for index, bar in enumerate(picture.bars):
        _add_bar(graph, picture, index, bar)
    for arrow in picture.arrows:
        graph.add_edge(_make_edge(arrow))
    return finish_dot(graph)


def _add_lane(graph: pydot.Dot, picture: Picture, index: int) -> None:
    """A cluster with the thread's name on top and its rows below."""
    import pydot

    cluster = pydot.Cluster(f"lane_{index}", label='""', color=quote_dot(PALE), style="rounded")
    name = quote_dot(picture.lanes[index].name)
    cluster.add_node(
        pydot.Node(f"head_{index}", label=name, shape="plaintext", style="solid", fontsize="13")
    )
    rows = [number for number, row in enumerate(picture.rows) if row.lane == index]
    for number in rows:
        cluster.add_node(_make_node(picture, number))
    graph.add_subgraph(cluster)  # type: ignore[arg-type]  # a Cluster is one, pydot's types say not
    for before, after in pairwise([f"head_{index}", *(f"row_{number}" for number in rows)]):
        graph.add_edge(pydot.Edge(before, after, arrowhead="none", color=quote_dot(GREY)))


def _order_lanes(graph: pydot.Dot, picture: Picture) -> None:
    """The names side by side, in the order of the lanes, above the first row."""
    import pydot

    names = [f"head_{index}" for index in range(len(picture.lanes))]
    rank = pydot.Subgraph(rank="same")
    for name in names:
        rank.add_node(pydot.Node(name))
    for before, after in pairwise(names):
        graph.add_edge(pydot.Edge(before, after, style="invis", weight="10"))
    graph.add_subgraph(rank)
    if picture.rows:
        graph.add_edge(pydot.Edge("head_0", "row_0", style="invis", weight="0"))


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


def _list_caption(picture: Picture) -> list[str]:
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
    start = [f"start: {line}" for line in picture.start]
    part = [picture.part_title] if picture.part_title else []
    return [picture.title, picture.reason.headline, *part, *start, *reasons, *picture.closing]


def _make_node(picture: Picture, number: int) -> pydot.Node:
    import pydot

    row = picture.rows[number]
    name = "waiting" if row.number is None else f"step {row.number}"
    name = "next" if row.kind in ("race", "order") else name
    head = f"{name}  {picture.cite_line(row.at)}"
    lines = [line.text for line in row.lines if line.role != "tag"]
    tag = [f"VIOLATED: {row.tag}" if row.failed else row.tag] if row.tag else []
    return pydot.Node(f"row_{number}", label=_quote_lines([head, *lines, *tag]), **_style(row))


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


def _add_bar(graph: pydot.Dot, picture: Picture, index: int, bar: Bar) -> None:
    """Two small nodes beside the rows where something begins and ends, and a thick line."""
    import pydot

    first, last = max(bar.first, 0), max(bar.last, 0)
    since = "" if bar.first >= 0 else " from the start"
    match bar.kind:
        case "lock":
            label, colour, style = f"{picture.lanes[bar.lane].name} holds {bar.name}", SKY, "solid"
            end = "" if bar.open else f"releases {bar.name}"
        case "read":
            label, colour, style = (
                f"{picture.lanes[bar.lane].name} shares {bar.name}",
                SKY,
                "dashed",
            )
            end = "" if bar.open else f"leaves {bar.name}"
        case "life":
            label, colour, style = f"{bar.name} alive", GREEN, "solid"
            end = "" if bar.open else f"{bar.name} freed"
        case "freed":
            label, colour, style, end = f"{bar.name} after its end", VERMILLION, "dashed", ""
    names = (f"bar_{index}_begin", f"bar_{index}_end")
    for name, row, text in zip(names, (first, last), (label + since, end), strict=True):
        rank = pydot.Subgraph(rank="same")
        shape = "plaintext" if text else "point"
        rank.add_node(
            pydot.Node(name, label=quote_dot(text), shape=shape, style="solid", fontsize="9")
        )
        rank.add_node(pydot.Node(f"row_{row}"))
        graph.add_subgraph(rank)
    if first != last:
        graph.add_edge(
            pydot.Edge(
                *names,
                arrowhead="none",
                penwidth="5",
                weight="4",
                color=quote_dot(colour),
                style=style,
            )
        )


def _make_edge(arrow: Arrow) -> pydot.Edge:
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
        f"row_{arrow.source}",
        f"row_{arrow.target}",
        label=quote_dot(label),
        color=quote_dot(colour),
        fontcolor=quote_dot(colour),
        style=style,
        penwidth=width,
        constraint="false",
        dir="both" if arrow.kind == "race" else "forward",
    )
