"""A page in a browser → what goes wrong when it is walked through by keyboard."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tests.browser import Browser

WHERE = "document.getElementById('where').value"


def walk_page(browser: Browser, file: Path, steps: int) -> Iterator[str]:
    """Load a page, go to its start and step by step to the violation, one step back and on."""
    before = len(browser.complaints)
    browser.open(file)
    end = browser.ask(WHERE)
    if "(violation)" not in end:
        yield f"the page does not open at the violation but at {end}"
    browser.press("Home")
    if browser.ask(WHERE) != ("start" if steps else end):
        yield f"Home leads to {browser.ask(WHERE)}"
    for number in range(1, steps + 1):
        browser.press("ArrowRight")
        if not browser.ask(WHERE).startswith(f"step {number} of {steps}"):
            yield f"step {number} of {steps} is {browser.ask(WHERE)}"
    if browser.ask(WHERE) != end:
        yield f"all steps lead to {browser.ask(WHERE)}, not to {end}"
    browser.press("ArrowLeft")
    browser.press("ArrowRight")
    if browser.ask(WHERE) != end:
        yield f"back and on leads to {browser.ask(WHERE)}"
    yield from (f"console: {complaint}" for complaint in browser.complaints[before:])
    yield from (f"asks for {address}" for address in browser.requests)
