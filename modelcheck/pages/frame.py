"""A page inside another one, such as a notebook: neither sees the other's styles or scripts."""

from __future__ import annotations

from modelcheck.pages.document import Markup, element

HEIGHT = 720  # of the frame, in CSS pixels


def frame_page(page: str, title: str) -> str:
    """A whole page as one element.  Its scripts run in a sandbox of their own; where they may not
    run at all the page can still be read.
    """
    return element(
        "iframe",
        srcdoc=page,
        sandbox="allow-scripts",
        title=title,
        style=f"width: 100%; height: {HEIGHT}px; border: 0",
    )


def frame_text(text: str) -> str:
    """Text of a terminal as one element."""
    return Markup(element("pre", text, style="white-space: pre-wrap"))
