"""Scenes of a trace → a page to walk through it, state by state.

The lanes, the reason and the text of the spec stand in the page itself, so it reads without
scripts.  The script adds what needs a step chosen: where the threads stand, why they cannot go on,
what every place holds.  It shows what `picture.py` and `tour.py` say and finds out nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

from modelcheck.pages.data import describe_scenes
from modelcheck.pages.document import Markup, element, embed, join, quote, write_document
from modelcheck.pages.source import write_source
from modelcheck.trace.picture import Picture
from modelcheck.trace.reason import ReasonRow
from modelcheck.trace.replay import Scene
from modelcheck.trace.svg import write_lanes


def write_page(scenes: Sequence[Scene]) -> str:
    """The page of a trace; its scenes are its witnesses, at least one."""
    first, last = scenes[0].picture, scenes[-1].picture
    files = _list_files(scenes)
    main = element(
        "main",
        element(
            "div", *(_write_scene(scene, n) for n, scene in enumerate(scenes)), class_="scenes"
        ),
        element("aside", _write_panels(), *(_write_file(*file, n) for n, file in enumerate(files))),
    )
    body = join(
        _write_header(first, last),
        _write_toolbar(scenes),
        main,
        element("footer", *(element("p", line) for line in first.closing)),
        embed(describe_scenes(scenes, [path for path, _ in files]), "trace"),
    )
    title = f"{first.title}: {first.reason.headline}"
    return write_document(title, body, style="trace.css", script="trace.js")


def _list_files(scenes: Sequence[Scene]) -> list[tuple[str, str]]:
    """The user's own files, the spec first, those that no step comes from last."""
    texts = {path: text for scene in scenes for path, text in scene.tour.texts}
    named = dict.fromkeys(path for scene in scenes for path in scene.picture.files)
    return [(path, texts[path]) for path in dict.fromkeys((*named, *texts)) if path in texts]


# ------------------------------------------------------------------------ what stands on top


def _write_header(first: Picture, last: Picture) -> Markup:
    settings = [f"{name}={value}" for name, value in first.heading.settings]
    variant = first.heading.variant
    return element(
        "header",
        element(
            "p",
            element("strong", first.verdict),
            " ",
            element("code", first.heading.path),
            *(join(" ", element("code", text, class_="setting")) for text in settings),
            join(" variant ", element("code", variant)) if variant else "",
            class_="verdict" if first.verdict == "VIOLATED" else "verdict wanted",
        ),
        element("h1", write_text(first.reason.headline)),
        _write_reason(last),
    )


def write_text(text: str) -> Markup:
    """A sentence, with what stands between backticks as code."""
    parts = text.split("`")
    if len(parts) % 2 == 0:
        return quote(text)
    return join(*(element("code", part) if n % 2 else part for n, part in enumerate(parts)))


def _write_reason(picture: Picture) -> Markup:
    """The facts behind the failure: each stack as a card, the others as a list."""
    reason = picture.reason
    facts = [row for row in reason.rows if not row.stack]
    cards = [_write_stack(picture, row) for row in reason.rows if row.stack]
    if not (facts or cards or reason.scenario):
        return Markup("")
    return element(
        "div",
        element("ul", *(_write_fact(picture, row) for row in facts)) if facts else "",
        element("div", *cards, class_="cards") if cards else "",
        element("pre", "\n".join(reason.scenario)) if reason.scenario else "",
        class_="reason",
    )


def _write_fact(picture: Picture, row: ReasonRow) -> Markup:
    facts = (
        f"step {row.step}" if row.step is not None else "",
        row.thread,
        picture.cite_line(row.at) if row.at else "",
    )
    where = ", ".join(filter(None, facts))
    return element(
        "li", element("code", row.what), f" ({where})" if where else "", data_step=row.step
    )


def _write_stack(picture: Picture, row: ReasonRow) -> Markup:
    frames = (
        element(
            "li",
            element("code", frame.routine),
            " ",
            element("span", picture.cite_frame(frame.at), class_="place"),
            " ",
            element("code", frame.at.text, class_="does"),
        )
        for frame in row.stack
    )
    return element(
        "div",
        element("p", row.what),
        element("ol", *frames),
        class_=f"card {row.role}",
        data_step=row.step,
    )


BUTTONS = (
    ("start", "Start", "Before the first step (Home)"),
    ("back", "\u25c0", "One step back (left arrow)"),
    ("on", "\u25b6", "One step on (right arrow)"),
    ("end", "{End}", "To the {end} (End)"),
)
KEYS = (
    (("\u2190", "\u2192"), "step"),
    (("Shift", "\u2190", "\u2192"), "thread switch"),
    (("Home",), "start"),
    (("End",), "{end}"),
    (("/",), "filter"),
    (("d",), "dark or light"),
)


def name_end(picture: Picture) -> str:
    """What the last state of a trace is."""
    return "violation" if picture.verdict == "VIOLATED" else "end"


def _write_toolbar(scenes: Sequence[Scene]) -> Markup:
    """What needs the script, hidden until it runs."""
    end = name_end(scenes[0].picture)
    buttons = [
        element("button", sign, id=f"go-{name}", type="button", title=title, aria_label=title)
        for name, *words in BUTTONS
        for sign, title in ([word.format(End=end.capitalize(), end=end) for word in words],)
    ]
    parts = [
        element("button", scene.picture.part_title, type="button", data_part=n, class_="part")
        for n, scene in enumerate(scenes)
        if len(scenes) > 1
    ]
    keys = [
        element("span", *(element("kbd", key) for key in names), f" {meaning.format(end=end)}")
        for names, meaning in KEYS
    ]
    return element(
        "nav",
        element("div", *parts, class_="parts") if parts else "",
        element(
            "div",
            *buttons,
            element("output", id="where"),
            element("input", type="range", id="slide", min=0, max=0, aria_label="Step"),
            element("span", id="threads-shown", class_="chips"),
            element(
                "input",
                type="search",
                id="field",
                placeholder="field, lock or routine",
                aria_label="Only rows and places that hold this text",
            ),
            element("button", "\u25d0", id="theme", type="button", title="Dark or light (d)"),
            class_="row",
        ),
        element("p", *keys, class_="keys"),
        hidden=True,
    )


# ------------------------------------------------------------------------ lanes and panels


def _write_scene(scene: Scene, number: int) -> Markup:
    picture = scene.picture
    return element(
        "section",
        element("h2", picture.part_title) if picture.part_title else "",
        *(element("p", f"start: {line}") for line in picture.start),
        element("div", Markup(write_lanes(picture)), class_="lanes"),
        class_="scene",
        data_part=number,
    )


def _write_panels() -> Markup:
    """What the script fills for the chosen step."""
    choice = element(
        "select",
        element("option", "that change in this trace", value="moving"),
        element("option", "all", value="all"),
        element("option", "all, and bookkeeping of the library", value="hidden"),
        id="places",
    )
    return join(
        element("section", element("h2", id="step-name"), element("div", id="step"), class_="step"),
        element("section", element("h2", "Threads"), element("ul", id="threads"), class_="threads"),
        element(
            "section",
            element("h2", "State ", element("label", "places ", choice)),
            element("div", element("table", element("tbody", id="state")), class_="box"),
            class_="state",
        ),
    )


def _write_file(path: str, text: str, number: int) -> Markup:
    return element(
        "section",
        element("h2", element("code", path)),
        element("ol", Markup(write_source(text, number))),
        class_="source",
    )
