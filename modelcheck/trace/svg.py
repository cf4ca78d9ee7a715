"""Picture → SVG: the drawing of `layout.py` as XML, complete in itself or part of a page.

No script, no style sheet, no font, no link: it looks the same in a browser, a mail and a printed
page.  The text of the picture stands in it as text, so it can be searched and read aloud.
"""

from __future__ import annotations

import re
from itertools import groupby, pairwise
from typing import assert_never
from xml.etree import ElementTree as ET

from modelcheck.trace.layout import lay_out, lay_out_lanes
from modelcheck.trace.picture import Picture
from modelcheck.trace.shapes import WHITE, Box, Drawing, Label, Polygon, Polyline, Shape
from modelcheck.trace.text import write_text

FONT = "'DejaVu Sans Mono', 'Liberation Mono', Menlo, Consolas, monospace"
NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
HEAD = 8.0  # length of an arrowhead


def write_svg(*pictures: Picture) -> str:
    """The pictures of a violation, of which there is at least one, as one SVG document."""
    picture = pictures[0]
    drawing = lay_out(pictures)
    width, height = _number(drawing.width), _number(drawing.height)
    svg = ET.Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "width": width,
            "height": height,
            "viewBox": f"0 0 {width} {height}",
            "font-family": FONT,
            "role": "img",
        },
    )
    ET.SubElement(svg, "title").text = _clean(f"{picture.title}: {picture.reason.headline}")
    ET.SubElement(svg, "desc").text = _clean(
        "".join(write_text(p, all_steps=True) for p in pictures)
    )
    ET.SubElement(svg, "rect", {"width": width, "height": height, "fill": WHITE})
    _add_shapes(svg, drawing)
    ET.indent(svg)
    return ET.tostring(svg, encoding="unicode") + "\n"


def write_lanes(picture: Picture) -> str:
    """The lanes alone, as an `svg` element of a page: a transparent band behind each row, and the
    shapes in groups that say with `data-row`, `data-lane` or `data-arrow` what they belong to.
    """
    drawing = lay_out_lanes(picture)
    width, height = _number(drawing.width), _number(drawing.height)
    svg = ET.Element(
        "svg",
        {
            "width": width,
            "height": height,
            "viewBox": f"0 0 {width} {height}",
            "font-family": FONT,
            "role": "img",
        },
    )
    ET.SubElement(svg, "title").text = _clean(f"{picture.title}: {picture.reason.headline}")
    for row, (top, end) in enumerate(pairwise(drawing.tops)):
        place = {"x": "0", "y": _number(top), "width": width, "height": _number(end - top)}
        ET.SubElement(svg, "rect", {"class": "band", "data-row": str(row), "fill": "none"} | place)
    shapes = zip(drawing.parts, drawing.shapes, strict=True)
    for part, group in groupby(shapes, key=lambda placed: placed[0]):
        facts = {f"data-{part.kind}": str(part.index)} if part is not None else {}
        element = ET.SubElement(svg, "g", facts)
        for _, shape in group:
            _add_shape(element, shape)
    ET.indent(svg)
    return ET.tostring(svg, encoding="unicode") + "\n"


def _add_shapes(svg: ET.Element, drawing: Drawing) -> None:
    for shape in drawing.shapes:
        _add_shape(svg, shape)


def _add_shape(svg: ET.Element, shape: Shape) -> None:
    match shape:
        case Label():
            _add_label(svg, shape)
        case Box():
            facts = {
                "x": _number(shape.x),
                "y": _number(shape.y),
                "width": _number(shape.width),
                "height": _number(shape.height),
                "rx": _number(shape.radius),
                "fill": shape.fill,
            }
            ET.SubElement(svg, "rect", facts | _stroke(shape.stroke, shape.thickness, shape.dash))
        case Polyline():
            _add_line(svg, shape)
        case Polygon():
            facts = {"points": _points(shape.points), "fill": shape.fill}
            ET.SubElement(svg, "polygon", facts | _stroke(shape.stroke, shape.thickness, ""))
        case _:
            assert_never(shape)


def _add_label(svg: ET.Element, label: Label) -> None:
    facts = {
        "x": _number(label.x),
        "y": _number(label.y),
        "font-size": str(label.size),
        "fill": label.colour,
        "xml:space": "preserve",
    }
    if label.bold:
        facts["font-weight"] = "bold"
    if label.anchor != "start":
        facts["text-anchor"] = label.anchor
    if label.turned:
        facts["transform"] = f"rotate(-90 {_number(label.x)} {_number(label.y)})"
    ET.SubElement(svg, "text", facts).text = _clean(label.text)


def _add_line(svg: ET.Element, line: Polyline) -> None:
    points = list(line.points)
    heads = []
    if line.heads:
        points[-1], head = _cut_head(points[-2], points[-1], line.thickness)
        heads.append(head)
    if line.heads > 1:
        points[0], head = _cut_head(points[1], points[0], line.thickness)
        heads.append(head)
    facts = {"points": _points(tuple(points)), "fill": "none", "stroke-linejoin": "round"}
    ET.SubElement(svg, "polyline", facts | _stroke(line.stroke, line.thickness, line.dash))
    for head in heads:
        ET.SubElement(svg, "polygon", {"points": _points(head), "fill": line.stroke})


Point = tuple[float, float]


def _cut_head(before: Point, tip: Point, thickness: float) -> tuple[Point, tuple[Point, ...]]:
    """An arrowhead at `tip` of a line along an axis, and where the line now ends."""
    length = HEAD + thickness
    dx = (tip[0] > before[0]) - (tip[0] < before[0])
    dy = (tip[1] > before[1]) - (tip[1] < before[1])
    base = (tip[0] - dx * length, tip[1] - dy * length)
    side = length / 2
    corners = (
        tip,
        (base[0] - dy * side, base[1] - dx * side),
        (base[0] + dy * side, base[1] + dx * side),
    )
    return base, corners


def _stroke(colour: str, thickness: float, dash: str) -> dict[str, str]:
    facts = {"stroke": colour, "stroke-width": _number(thickness)}
    return facts | ({"stroke-dasharray": dash} if dash else {})


def _points(points: tuple[Point, ...]) -> str:
    return " ".join(f"{_number(x)},{_number(y)}" for x, y in points)


def _number(value: float) -> str:
    """At most one decimal, the same on every machine."""
    return f"{value:.1f}".removesuffix(".0")


def _clean(text: str) -> str:
    return NOT_XML.sub("\ufffd", text)
