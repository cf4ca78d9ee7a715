// Walks through a trace: shows one step at a time of what the page and its data hold.
"use strict";

const trace = JSON.parse(document.getElementById("trace").textContent);
const SIGNS = {
  "can step": "\u25b6", waits: "\u2016", idle: "\u25cc", "held up": "\u2016", fails: "\u2716",
  "not started": "\u25cb", finished: "\u25a0",
};
const at = {part: 0, step: 0};
const hidden = new Set(); // names of threads that are not shown
let part, values;

const find = (id) => document.getElementById(id);
const all = (selector, root = document) => [...root.querySelectorAll(selector)];

function make(tag, className, ...inside) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  node.append(...inside);
  return node;
}

/** A sentence, with what stands between backticks as code. */
function sentence(text) {
  return text.split("`").map((part, n) => (n % 2 ? make("code", "", part) : part));
}

// ---------------------------------------------------------------- where we are

/** The values of all places after each step: the data holds only what changes. */
function unfold(stations) {
  const rows = [];
  for (const station of stations) {
    const row = rows.length ? [...rows[rows.length - 1]] : [];
    for (const [place, value] of station.values) row[place] = value;
    rows.push(row);
  }
  return rows;
}

function choosePart(number) {
  at.part = number;
  part = trace.parts[number];
  values = unfold(part.stations);
  for (const scene of all(".scene")) scene.hidden = Number(scene.dataset.part) !== number;
  for (const tab of all("nav .part")) {
    tab.setAttribute("aria-current", String(Number(tab.dataset.part) === number));
  }
  find("slide").max = part.steps;
  listThreads();
}

/** Rows that the filters leave; without a filter all do. */
function isShown(row) {
  const text = find("field").value.trim().toLowerCase();
  return !hidden.has(part.threads[row.thread]) &&
    (!text || row.lines.some((line) => line.text.toLowerCase().includes(text)));
}

const rowOf = (step) => part.rows[step - 1];

/** The next step in a direction that is shown; start and violation always are. */
function next(from, by, wanted = () => true) {
  let step = from + by;
  while (step > 0 && step < part.steps && !(isShown(rowOf(step)) && wanted(step))) step += by;
  return Math.min(Math.max(step, 0), part.steps);
}

const isSwitch = (step) => rowOf(step).switch;

function go(step, scroll = true) {
  at.step = Math.min(Math.max(step, 0), part.steps);
  const hash = (trace.parts.length > 1 ? `part=${at.part + 1}&` : "") + `step=${at.step}`;
  try {
    history.replaceState(null, "", `#${hash}`);
  } catch {
    // A page in a sandbox, such as a viewer of attachments, keeps its address.
  }
  show();
  if (scroll) scrollToRow();
}

function readHash() {
  const facts = new URLSearchParams(location.hash.slice(1));
  const wanted = Number(facts.get("part") || 1) - 1;
  choosePart(wanted >= 0 && wanted < trace.parts.length ? Math.floor(wanted) : 0);
  const step = Number.parseInt(facts.get("step"), 10);
  const first = part.verdict === "SAMPLE" ? 0 : part.steps;
  go(Number.isNaN(step) ? first : step, facts.has("step"));
}

// ---------------------------------------------------------------- what is shown of it

function show() {
  const isEnd = at.step === part.steps;
  const where = at.step ? `step ${at.step} of ${part.steps}` : "start";
  find("where").value = isEnd ? `${where} (${part.verdict === "VIOLATED" ? "violation" : "end"})` : where;
  find("slide").value = at.step;
  find("go-start").disabled = find("go-back").disabled = at.step === 0;
  find("go-end").disabled = find("go-on").disabled = isEnd;
  document.body.dataset.step = at.step;
  showLanes();
  showStep(isEnd);
  showThreads();
  showState();
  showSource(isEnd);
}

/** The step that a row belongs to; what stands below the steps belongs to the last one. */
const stepOf = (row) => (part.rows[row].kind === "step" ? row + 1 : part.steps);

function showLanes() {
  const scene = document.querySelector(`.scene[data-part="${at.part}"]`);
  for (const node of all("[data-row]", scene)) {
    const number = Number(node.dataset.row);
    const row = part.rows[number];
    const step = stepOf(number);
    node.classList.toggle("now", step === at.step && (row.kind === "step" || row.failed));
    node.classList.toggle("later", step > at.step);
    node.classList.toggle("other", !isShown(row));
  }
  for (const node of all("[data-arrow]", scene)) {
    const ends = part.arrows[Number(node.dataset.arrow)];
    node.classList.toggle("later", ends.some((row) => stepOf(row) > at.step));
    node.classList.toggle("other", ends.some((row) => !isShown(part.rows[row])));
  }
}

/** What the step did; at the end also what fails there.  Blocked threads have a panel of their own. */
function showStep(isEnd) {
  const box = find("step");
  const rows = part.rows.filter((row, i) =>
    row.kind === "step" ? i === at.step - 1 : isEnd && row.kind !== "wait");
  box.parentElement.classList.toggle("violated", isEnd && part.verdict === "VIOLATED");
  find("step-name").textContent = at.step
    ? `Step ${at.step}: ${part.threads[rowOf(at.step).thread]}, ${rowOf(at.step).place}`
    : "Start: before the first step";
  box.replaceChildren(...(at.step ? [] : part.start.map((line) => make("p", "", line))));
  for (const row of rows) {
    if (row.kind !== "step") {
      box.append(make("p", "next", `${part.threads[row.thread]} can come next, ${row.place}:`));
    }
    for (const line of row.lines) {
      const mark = line.role === "tag" && row.failed ? `${part.verdict}: ` : "";
      box.append(make("p", line.role, mark, make("code", "", line.text)));
    }
    for (const link of row.links) box.append(make("p", "link", ...sentence(link)));
  }
  const after = at.step ? part.rows[at.step] : null;
  if (after && after.why) box.append(make("p", "link", `then ${after.why}`));
  if (isEnd && !rows.some((row) => row.failed)) {
    box.append(make("p", "tag", `${part.verdict}: `, ...sentence(part.headline)));
  }
}

function className(condition) {
  return condition.split(" ")[0];
}

function showThreads() {
  const station = part.stations[at.step];
  const mover = at.step ? rowOf(at.step).thread : -1;
  const items = station ? station.threads.map((thread, number) => {
    const name = part.threads[number];
    if (hidden.has(name) || !part.everStarted[number]) return "";
    const line = make("div", "", make("code", "", name), " ",
      make("span", "condition", thread.is));
    const facts = make("div", "", line);
    if (thread.at || thread.does) {
      facts.append(make("div", "", make("span", "place", `next, line ${thread.line}: `),
        make("code", "", thread.does)));
    }
    if (thread.inside) facts.append(make("div", "inside", make("code", "", thread.inside)));
    for (const why of thread.why || []) facts.append(make("div", "why", ...sentence(why)));
    const item = make("li", className(thread.is), make("span", "sign", SIGNS[thread.is]), facts);
    item.classList.toggle("now", number === mover);
    return item;
  }) : [];
  find("threads").replaceChildren(...items);
}

function showState() {
  const choice = find("places").value;
  const text = find("field").value.trim().toLowerCase();
  const now = values[at.step] || [];
  const before = values[at.step - 1] || now;
  const body = find("state");
  body.replaceChildren();
  let thread = -1;
  part.places.forEach((place, number) => {
    const owner = place.thread < 0 ? "" : part.threads[place.thread];
    const [old, value] = [before[number] ?? "", now[number] ?? ""];
    if (choice !== "hidden" && place.hidden) return;
    if (choice === "moving" && !place.moves) return;
    if (hidden.has(owner) || (!value && !old)) return;
    if (text && !`${owner} ${place.name}`.toLowerCase().includes(text)) return;
    if (place.thread !== thread) {
      thread = place.thread;
      const head = make("th", "", `locals of ${owner}`);
      head.colSpan = 2;
      body.append(make("tr", "", head));
    }
    const cell = make("td", value ? "" : "gone");
    if (old !== value && old) cell.append(make("span", "old", old), " \u2192 ");
    cell.append(value || "gone");
    const row = make("tr", old !== value ? "changed" : "", make("td", "", place.name), cell);
    body.append(row);
  });
  const changed = body.querySelector(".changed");
  if (changed) scrollInside(body.closest(".box"), changed, 20);
}

function showSource(isEnd) {
  for (const node of all(".source .stand")) node.remove();
  for (const node of all(".source li.ran, .source li.broken")) {
    node.classList.remove("ran", "broken");
  }
  const station = part.stations[at.step];
  (station ? station.threads : []).forEach((thread, number) => {
    const line = thread.at && find(thread.at);
    if (!line || hidden.has(part.threads[number])) return;
    const chip = make("span", `stand ${className(thread.is)}`,
      `${SIGNS[thread.is]} ${part.threads[number]}`);
    chip.title = thread.is;
    line.append(chip);
  });
  const ran = at.step && rowOf(at.step).at && find(rowOf(at.step).at);
  if (ran) ran.classList.add("ran");
  const broken = isEnd && part.broken && find(part.broken);
  if (broken) broken.classList.add("broken");
  for (const line of [broken, ran]) if (line) scrollInside(line.parentElement, line, 60);
}

/** Scroll a box so that something in it can be seen, without moving the page. */
function scrollInside(box, node, margin) {
  const [inner, outer] = [node.getBoundingClientRect(), box.getBoundingClientRect()];
  const end = Math.max(Math.min(outer.bottom, innerHeight), outer.top + 2 * margin);
  if (inner.top < outer.top + margin) box.scrollTop += inner.top - outer.top - margin;
  else if (inner.bottom > end - margin) box.scrollTop += inner.bottom - end + margin;
}

/** Scroll the page down and the lanes sideways, so far that the row of the step can be seen. */
function scrollToRow() {
  const scene = document.querySelector(`.scene[data-part="${at.part}"]`);
  const number = Math.max(at.step - 1, 0);
  const row = scene.querySelector(`.band[data-row="${number}"]`);
  if (!row) return;
  const place = row.getBoundingClientRect();
  const top = document.querySelector("nav").getBoundingClientRect().bottom + 40;
  if (place.top < top) scrollBy(0, place.top - top);
  else if (place.bottom > innerHeight - 20) scrollBy(0, place.bottom - innerHeight + 20);
  const lanes = scene.querySelector(".lanes").getBoundingClientRect();
  const card = scene.querySelector(`g[data-row="${number}"]`).getBoundingClientRect();
  const beyond = Math.max(card.right - lanes.right + 20, 0);
  const by = card.left < lanes.left + 40 ? card.left - lanes.left - 40 : beyond;
  if (by) scene.querySelector(".lanes").scrollLeft += by;
}

// ---------------------------------------------------------------- what the reader does

function listThreads() {
  part.everStarted = part.threads.map((_, number) =>
    part.stations.some((station) => station.threads[number].is !== "not started"));
  const chips = part.threads.filter((_, number) => part.everStarted[number]).map((name) => {
    const chip = make("button", "", name);
    chip.type = "button";
    chip.title = `Show or hide ${name}`;
    chip.setAttribute("aria-pressed", String(!hidden.has(name)));
    chip.addEventListener("click", () => {
      if (!hidden.delete(name)) hidden.add(name);
      chip.setAttribute("aria-pressed", String(!hidden.has(name)));
      show();
    });
    return chip;
  });
  find("threads-shown").replaceChildren(...chips);
}

function changeTheme() {
  const root = document.documentElement;
  const isDark = root.dataset.theme
    ? root.dataset.theme === "dark"
    : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = isDark ? "light" : "dark";
}

const KEYS = {
  ArrowRight: (event) => go(next(at.step, 1, event.shiftKey ? isSwitch : undefined)),
  ArrowLeft: (event) => go(next(at.step, -1, event.shiftKey ? isSwitch : undefined)),
  Home: () => go(0),
  End: () => go(part.steps),
  d: changeTheme,
  "/": () => find("field").focus(),
};

function onKey(event) {
  const target = event.target;
  const types = target.matches("select, input[type=search]");
  if (event.key === "Escape" && types) return target.blur();
  if (types || event.ctrlKey || event.altKey || event.metaKey || !(event.key in KEYS)) return;
  event.preventDefault();
  KEYS[event.key](event);
}

function begin() {
  document.documentElement.classList.add("js");
  const bar = document.querySelector("nav");
  bar.hidden = false;
  const measure = () => {
    const style = document.documentElement.style;
    style.setProperty("--bar", `${bar.offsetHeight + 12}px`);
    style.setProperty("--below", `${bar.getBoundingClientRect().bottom + 12}px`);
  };
  measure();
  new ResizeObserver(measure).observe(bar);
  addEventListener("scroll", measure, {passive: true});
  find("go-start").addEventListener("click", () => go(0));
  find("go-back").addEventListener("click", () => go(next(at.step, -1)));
  find("go-on").addEventListener("click", () => go(next(at.step, 1)));
  find("go-end").addEventListener("click", () => go(part.steps));
  find("slide").addEventListener("input", (event) => go(Number(event.target.value)));
  find("field").addEventListener("input", show);
  find("places").addEventListener("change", show);
  find("theme").addEventListener("click", changeTheme);
  for (const tab of all("nav .part")) {
    tab.addEventListener("click", () => {
      choosePart(Number(tab.dataset.part));
      go(part.steps);
    });
  }
  for (const node of all(".lanes [data-row]")) {
    node.addEventListener("click", () => {
      go(stepOf(Number(node.dataset.row)), false);
    });
  }
  if (trace.parts.length === 1) {
    for (const node of all(".reason [data-step]")) {
      node.addEventListener("click", () => go(Number(node.dataset.step)));
    }
  }
  document.addEventListener("keydown", onKey);
  addEventListener("hashchange", readHash);
  readHash();
}

begin();
