"""The pages as a reader meets them: by keyboard, with scripts off, in the dark."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from modelcheck import api
from modelcheck.cli import run
from tests.browser import Browser, find_chromium
from tests.reading import read_page

pytestmark = pytest.mark.slow  # pages in a browser

ROOT = Path(__file__).resolve().parents[2]
THREADS = ("drain",) * 4 + ("close",) * 4  # who takes each step of the trace of `eight_steps`
OTHERS = {
    "deadlock": ("dining-philosophers",),
    "lock order": ("selftest-two-mutexes",),
    "data race": ("selftest-plain-increments",),
    "use after free": ("docs/put-twice.py",),
    "invariant": ("dining-philosophers", "--variant", "grab"),
    "stuck": ("peterson", "--variant", "no_turn"),
}
needs_chromium = pytest.mark.skipif(find_chromium() is None, reason="Chromium is not installed")


@pytest.fixture(autouse=True)
def in_the_repository(monkeypatch):
    monkeypatch.chdir(ROOT)


@pytest.fixture(scope="module")
def browser():
    browser = Browser()
    yield browser
    browser.close()


@pytest.fixture
def page(tmp_path):
    """Write the page of a program: `page("peterson", "--variant", "no_turn")`."""

    def write(*program):
        file = tmp_path / "trace.html"
        assert run(["graph", *program, "--format", "html", "-o", str(file)]) == 0
        return file

    return write


@pytest.fixture
def eight_steps(tmp_path):
    """The page of one trace, whatever a search would find: drain releases the file, then close."""
    choice = api.Choice("no_released_check")
    checked, walk = api.begin_wander("kernfs-release-once", choice)
    for name in THREADS:
        walk.take(next(turn for turn in walk.list_turns() if turn.thread == name))
    trace = walk.make_trace(choice.variant, walk.list_broken()[0])
    file = tmp_path / "eight.html"
    file.write_text(api.write_scenes(api.draw_trace(checked, trace), "html"), encoding="utf-8")
    return file


def see(browser):
    """What the page shows: the step, the row of the lanes, the line of the spec, what changed."""
    return json.loads(
        browser.ask("""JSON.stringify({
          where: document.getElementById("where").value,
          hash: location.hash,
          rows: [...new Set([...document.querySelectorAll("g.now")].map((n) => n.dataset.row))],
          line: [...document.querySelectorAll("li.ran")].map((n) => n.id),
          changed: [...document.querySelectorAll("tr.changed")].map((n) => n.textContent),
          threads: [...document.querySelectorAll("#threads .condition")].map((n) => n.textContent),
        })""")
    )


def text_of(browser, selector):
    return browser.ask(f"document.querySelector({selector!r}).innerText")


@needs_chromium
def test_the_keyboard_walks_from_the_violation_to_the_start_and_back(browser, eight_steps):
    browser.open(eight_steps)
    assert browser.complaints == []
    assert see(browser)["where"] == "step 8 of 8 (violation)"
    seen = [see(browser)]
    for _ in range(8):
        browser.press("ArrowLeft")
        seen.append(see(browser))
    assert [s["hash"] for s in seen] == [f"#step={n}" for n in range(8, -1, -1)]
    assert [s["rows"] for s in seen] == [*([str(n)] for n in range(7, -1, -1)), []]
    assert seen[-1]["where"] == "start"
    browser.press("ArrowLeft")
    assert see(browser) == seen[-1]
    for before in reversed(seen[:-1]):
        browser.press("ArrowRight")
        assert see(browser) == before
    browser.press("ArrowRight")
    assert see(browser) == seen[0]
    browser.press("Home")
    assert see(browser) == seen[-1]
    browser.press("End")
    assert see(browser) == seen[0]
    assert browser.complaints == []
    assert browser.requests == []


@needs_chromium
def test_a_step_shows_its_line_what_it_changed_and_who_cannot_go_on(browser, eight_steps):
    browser.open(eight_steps, "step=2")
    seen = see(browser)
    assert seen["line"] == ["f0-29"]
    assert seen["changed"] == ["files[0].releasedFalse \u2192 True"]
    assert seen["threads"] == ["waits", "can step"]
    threads = text_of(browser, "#threads")
    assert "open_file_mutex is held by drain since step 1" in threads
    assert "it cannot pass wait_until(lock.owner is None)" in threads
    assert "open_file_mutex.owner is drain" in threads
    assert "next, line 44: mutex_unlock(open_file_mutex)" in threads
    marks = browser.ask("[...document.querySelectorAll('.stand')].map((n) => n.parentNode.id)")
    assert marks == ["f0-34", "f0-44"]


@needs_chromium
def test_a_step_says_whom_it_lets_go_on(browser, eight_steps):
    browser.open(eight_steps, "step=3")
    link = "hands over open_file_mutex to close, which takes it in step 5"
    assert text_of(browser, "#step").splitlines()[-1] == link
    browser.press("ArrowLeft")
    assert "hands over" not in text_of(browser, "#step")


@needs_chromium
def test_the_line_of_the_step_is_in_view_whatever_the_window(browser, eight_steps):
    place = "document.querySelector('li.ran').getBoundingClientRect()"
    for width, height in ((1200, 900), (1900, 1000)):
        browser.open(eight_steps, "step=1", width=width, height=height)
        for _ in range(7):
            assert browser.ask(f"{place}.top") > 0
            assert browser.ask(f"{place}.bottom") < height
            browser.press("ArrowRight")


@needs_chromium
def test_shift_jumps_to_the_switches_of_threads(browser, eight_steps):
    browser.open(eight_steps, "step=0")
    browser.press("ArrowRight", shift=True)
    assert see(browser)["hash"] == "#step=5"
    browser.press("ArrowRight", shift=True)
    assert see(browser)["hash"] == "#step=8"
    browser.press("ArrowLeft", shift=True)
    assert see(browser)["hash"] == "#step=5"


@needs_chromium
def test_filters_dim_rows_and_stepping_goes_past_them(browser, eight_steps):
    browser.open(eight_steps, "step=0")
    browser.ask("document.querySelector('#threads-shown button').click()")  # close
    assert browser.ask("document.querySelectorAll('g.other[data-row]').length") > 0
    for wanted in (1, 2, 3, 4, 8):  # the violation is always a step
        browser.press("ArrowRight")
        assert see(browser)["hash"] == f"#step={wanted}"
    assert "close" not in text_of(browser, "#threads")
    browser.ask("document.querySelector('#threads-shown button').click()")
    browser.ask("""(() => {
      const field = document.getElementById("field");
      field.value = "RELEASED";
      field.dispatchEvent(new Event("input"));
    })()""")
    browser.press("Home")
    for wanted in (2, 6, 8):
        browser.press("ArrowRight")
        assert see(browser)["hash"] == f"#step={wanted}"
    assert text_of(browser, "#state").split() == ["files[0].released", "True"]


@needs_chromium
def test_rows_and_arrows_that_are_still_to_come_are_faint(browser, page):
    browser.open(page("docs/put-twice.py"), "step=3")
    drawn = json.loads(browser.ask("document.getElementById('trace').textContent"))["parts"][0]
    faint = (
        "[...new Set([...document.querySelectorAll('[data-{0}].later')].map((n) => n.dataset.{0}))]"
    )
    for step in range(drawn["steps"] + 1):
        browser.ask(f"location.hash = 'step={step}'")
        browser.ask("dispatchEvent(new Event('hashchange'))")
        rows = [str(n) for n in range(len(drawn["rows"])) if n >= step]
        arrows = [str(n) for n, ends in enumerate(drawn["arrows"]) if max(ends) >= step]
        assert sorted(browser.ask(faint.format("row"))) == rows
        assert sorted(browser.ask(faint.format("arrow"))) == arrows
    assert drawn["arrows"]


@needs_chromium
def test_a_viewer_that_forbids_to_change_the_address_still_walks(browser, eight_steps):
    browser.open(eight_steps)
    browser.ask("history.replaceState = () => { throw new DOMException('', 'SecurityError'); }")
    browser.press("ArrowLeft")
    assert see(browser)["where"] == "step 7 of 8"
    assert browser.complaints == []


@needs_chromium
def test_keys_typed_into_the_filter_are_text(browser, eight_steps):
    browser.open(eight_steps)
    browser.press("/")
    browser.press("d")
    assert browser.ask("document.getElementById('field').value") == "d"
    assert browser.ask("document.documentElement.dataset.theme") is None
    browser.press("Home")
    assert see(browser)["hash"] == "#step=8"


@needs_chromium
def test_dark_follows_the_system_and_the_switch(browser, eight_steps):
    paper = "getComputedStyle(document.body).backgroundColor"
    browser.open(eight_steps)
    light = browser.ask(paper)
    browser.press("d")
    dark = browser.ask(paper)
    browser.open(eight_steps, dark=True)
    assert browser.ask(paper) == dark
    browser.press("d")
    assert browser.ask(paper) == light
    assert light != dark


@needs_chromium
def test_with_scripts_off_the_lanes_the_reason_and_the_spec_are_there(browser, eight_steps):
    browser.open(eight_steps, scripts=False)
    assert measure(browser, ".lanes svg") > 400
    assert measure(browser, "header h1") > 10
    assert measure(browser, ".source ol") > 400
    assert measure(browser, "nav") == 0
    assert measure(browser, ".threads") == 0
    assert browser.complaints == []


def measure(browser, selector):
    """The height of an element, asked of the browser and not of the page's scripts."""
    root = browser.call("DOM.getDocument")["root"]["nodeId"]
    node = browser.call("DOM.querySelector", nodeId=root, selector=selector)["nodeId"]
    try:
        return browser.call("DOM.getBoxModel", nodeId=node)["model"]["height"]
    except AssertionError:  # it has no box: it is not shown
        return 0


@needs_chromium
@pytest.mark.parametrize("name", OTHERS)
def test_every_kind_of_violation_is_walked_through_without_a_complaint(browser, page, name):
    file = page(*OTHERS[name])
    for width in (500, 1200, 1800):
        browser.open(file, width=width)
        assert browser.ask("document.documentElement.scrollWidth") <= width
        for key in ("Home", "ArrowRight", "End", "ArrowLeft"):
            browser.press(key)
        browser.press("End")
        assert "VIOLATED" in text_of(browser, "#step").upper()
        assert browser.complaints == []
        assert browser.requests == []


START = """\
from modelcheck.lang import U8, initial, invariant, shared, spec, struct, thread

spec("start")


@struct(marked=True)
class Box:
    n: U8


x = shared(Box, n=1)


@thread
def add():
    x.n = 2


@invariant
def small():
    return x.n < 1
"""
FAILS = """

@initial
def begin():
    assert x.n == 0, "never_begins"
"""


@needs_chromium
@pytest.mark.parametrize("text", [START, START + FAILS], ids=["state", "step"])
def test_a_violation_at_the_start_has_a_page_without_steps(browser, page, tmp_path, text):
    spec = tmp_path / "start.py"
    spec.write_text(text, encoding="utf-8")
    browser.open(page(str(spec)))
    for key in ("ArrowRight", "ArrowLeft", "End", "Home"):
        browser.press(key)
    assert see(browser)["where"] == "start (violation)"
    assert "VIOLATED" in text_of(browser, "#step")
    assert browser.complaints == []


@needs_chromium
def test_the_parts_of_a_cycle_are_tabs(browser, page):
    browser.open(page(*OTHERS["lock order"]), "part=2&step=1")
    parts = "[...document.querySelectorAll('.scene')].map((n) => n.hidden)"
    assert browser.ask(parts) == [True, False]
    assert browser.ask("location.hash") == "#part=2&step=1"
    browser.ask("document.querySelector('nav .part').click()")
    assert browser.ask(parts) == [False, True]


@needs_chromium
@pytest.mark.parametrize("hash_", ["step=99", "step=-3", "step=x", "part=7", "part=x&step=", "%"])
def test_a_wrong_address_shows_a_step_all_the_same(browser, eight_steps, hash_):
    browser.open(eight_steps, hash_)
    assert browser.complaints == []
    assert see(browser)["hash"] in ("#step=0", "#step=8")


HOSTILE = '</script><script>hacked = 1</script><img src="x" onerror="hacked = 2">'


@needs_chromium
def test_a_stranger_s_spec_runs_nothing_in_the_page(browser, page, tmp_path):
    text = (ROOT / "docs/put-twice.py").read_text(encoding="utf-8")
    spec = tmp_path / "spec.py"
    hostile = text.replace("buffer.users -= 1", f"buffer.users -= 1  # {HOSTILE}")
    spec.write_text(hostile, encoding="utf-8")
    browser.open(page(str(spec)))
    assert browser.ask("typeof hacked") == "undefined"
    assert browser.ask("document.images.length") == 0
    assert browser.complaints == []
    assert "onerror" in text_of(browser, ".source")
    browser.ask(
        "document.body.append(Object.assign(document.createElement('script'),"
        " {textContent: 'hacked = 3'}))"
    )
    assert browser.ask("typeof hacked") == "undefined"  # the policy of the page
    assert browser.complaints != []


def test_a_spec_that_cannot_be_read_is_in_the_index_of_the_gate(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    good = (ROOT / "docs/put-twice.py").read_text(encoding="utf-8")
    Path("good.py").write_text(good, encoding="utf-8")
    Path("bad.py").write_text(good.replace('"put-twice"', '"bad"') + "x = lambda <\n", "utf-8")
    assert run(["gate", "good.py", "bad.py", "--backend", "python", "--html", "pages"]) == 2
    index = read_page(Path("pages/index.html").read_text(encoding="utf-8"))
    assert index.text_of("h1") == "gate: 1 UNEXPECTED, 1 not read"
    assert index.text_of("pre") in capsys.readouterr().err
    assert [n.facts["href"] for n in index.all("a")] == ["put-twice.html"]
    assert read_page(Path("pages/put-twice.html").read_text(encoding="utf-8")).faults == []


def test_a_gate_that_cannot_write_its_pages_is_2(tmp_path, capsys):
    file = tmp_path / "file"
    file.write_text("", encoding="utf-8")
    assert run(["gate", "docs/put-twice.py", "--html", str(file)]) == 2
    assert run(["gate", "docs/put-twice.py", "--html", str(file / "x")]) == 2
    assert "cannot write" in capsys.readouterr().err


@needs_chromium
def test_the_pages_of_a_gate_lead_from_one_to_the_other(browser, tmp_path, capsys):
    folder = tmp_path / "pages"
    command = ["gate", "kernfs-release-once", "peterson", "--backend", "python"]
    assert run([*command, "--html", str(folder)]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "5 as expected"
    browser.open(folder / "index.html")
    assert text_of(browser, "h1") == "gate: 5 as expected"
    links = browser.ask("[...document.querySelectorAll('a')].map((n) => n.getAttribute('href'))")
    assert sorted(links) == sorted(p.name for p in folder.iterdir() if p.name != "index.html")
    assert len(links) == 3
    assert browser.complaints == []
    for link in links:
        browser.open(folder / link)
        assert browser.complaints == []
