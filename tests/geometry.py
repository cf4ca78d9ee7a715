"""Where things lie in a drawn trace: which labels overlap, leave the paper, or are crossed."""

from itertools import combinations, pairwise
from xml.etree import ElementTree as ET

NS = "{http://www.w3.org/2000/svg}"
ADVANCE = 0.615  # of a monospace character; DejaVu Sans Mono, Menlo: 0.602, Courier: 0.6


def box_of(label):
    """Where a text lies: left, top, right, bottom.  One that is turned goes up from its start."""
    size = float(label.get("font-size"))
    width = len(label.text) * size * ADVANCE
    x, y = float(label.get("x")), float(label.get("y"))
    if label.get("transform", "").startswith("rotate(-90 "):
        return x - 0.76 * size, y - width, x + 0.24 * size, y
    if label.get("text-anchor") == "middle":
        x -= width / 2
    return x, y - 0.76 * size, x + width, y + 0.24 * size


def meet(a, b):
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def arrows_of(svg):
    """The arrows, lines with more than two points, as thin boxes."""
    for line in svg.iter(f"{NS}polyline"):
        points = [tuple(map(float, p.split(","))) for p in line.get("points").split()]
        if len(points) > 2:
            for (x1, y1), (x2, y2) in pairwise(points):
                yield min(x1, x2), min(y1, y2), max(x1, x2) + 0.1, max(y1, y2) + 0.1


def find_clashes(text):
    """What is wrong with the places of the labels of an SVG document, a sentence for each."""
    svg = ET.fromstring(text)
    width, height = float(svg.get("width")), float(svg.get("height"))
    labels = sorted((box_of(label), label.text) for label in svg.iter(f"{NS}text") if label.text)
    for (a, text_a), (b, text_b) in combinations(labels, 2):
        if b[0] < a[2] and meet(a, b):
            yield f"{text_a!r} lies over {text_b!r}"
    for (left, top, right, bottom), words in labels:
        if left < 0 or top < 0 or right > width or bottom > height:
            yield f"{words!r} is not on the paper"
    for line in arrows_of(svg):
        for box, words in labels:
            if meet(line, box):
                yield f"an arrow runs through {words!r}"
