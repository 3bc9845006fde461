// What the page does: switches, cards, tables, timeline. The text is there without it.

const ROWS_AT_ONCE = 100;  // of a table; the rest comes when asked for, so that long documents stay smooth
const MENTIONS_AT_ONCE = 4;  // of a day in the timeline
const CONTEXT = [16, 40];  // characters before and after the beginning of a date
const COMPARATORS = { "=": "=", ">=": "≥", ">": ">", "<=": "≤", "<": "<", "~": "≈" };
const CHANGES = { up: "↑", down: "↓" };
const LABELS = ["date", "agency", "document", "goal", "problem", "task", "quantity", "reference"];
const ROLES = ["issuer", "lead", "participant", "approver"];
const STANCES = ["reported", "guarded"];
const OF_PANELS = ["date", "goal", "problem", "agency", "document"];  // the labels that have a panel of their own

Object.assign(state, {
  document: null,  // the one shown: its section and its values
  panel: "timeline",
  off: new Set(),
  sorting: {},  // by table: the column and whether it descends
  everything: false,  // for print
});
const read = new Map();  // the values of each section, parsed when first shown
let wide;

document.addEventListener("DOMContentLoaded", () => {
  labels = dataOf("labels");
  wide = matchMedia("(min-width: 64rem)");
  wide.addEventListener("change", markTab);
  listenToBar();
  listenToText();
  listenToTabs();
  addEventListener("beforeprint", () => { state.everything = true; fillPanels(); });
  addEventListener("afterprint", () => { state.everything = false; fillPanels(); });
  new ResizeObserver(measureBars).observe(find(".bar"));
  document.body.dataset.view = "text";
  fillPicker();
  choose(0);
});

// ---- Small helpers

function grouped(items, keyOf) {
  const groups = new Map();
  for (const item of items) {
    const key = keyOf(item);
    if (!groups.has(key)) groups.set(key, []);
    groups.get(key).push(item);
  }
  return groups;
}

function swatch(label, key = `span.${label}`) {
  return make("mark", { class: label }, say(key));
}

// ---- The document shown

function fillPicker() {
  const sections = findAll(".sheet");
  const picker = find("#picker");
  sections.forEach((section, at) => picker.append(make("option", { value: at }, find("h1", section).textContent)));
  picker.closest("label").hidden = sections.length < 2;
  picker.addEventListener("change", () => { choose(Number(picker.value)); scrollTo(0, 0); });
}

function choose(at) {
  const sections = findAll(".sheet");
  sections.forEach((section, other) => { section.hidden = other !== at; });
  const section = sections[at];
  state.document = section ? valuesOf(section) : { section: find("#texts"), spans: [], title: "" };
  state.lit = new Set();
  hideCard();
  translate();
  document.title = state.document.title || "nlp_toolkit";
  const first = state.document.spans.findIndex(isOn);
  if (first >= 0) state.document.marks[first].tabIndex = 0;
}

function valuesOf(section) {
  if (!read.has(section)) {
    const values = JSON.parse(find("script", section).textContent);
    values.spans.forEach((span, at) => { span.at = at; });
    const marks = [];  // the first piece of each span
    for (const mark of findAll("mark[data-span]", section)) marks[mark.dataset.span] ??= mark;
    read.set(section, { ...values, section, marks });
  }
  return read.get(section);
}

function spansOf(label) {
  return state.document.spans.filter((span) => span.label === label);
}

function isOn(span) {
  return !state.off.has(span.label);
}

function translate() {
  const own = findAll("[data-label]", document.body).filter((element) => !element.closest(".sheet"));
  translateLabels([...own, ...findAll(".sheet:not([hidden]) [data-label]")]);
  fillSwitches();
  showPanels();
}

// ---- The bar: language and layers

function listenToBar() {
  listenToLanguages(() => { hideCard(); translate(); });
  find("#switches").addEventListener("change", (event) => {
    if (event.target.checked) state.off.delete(event.target.value);
    else state.off.add(event.target.value);
    showLayers();
  });
}

function fillSwitches() {
  const numbers = grouped(state.document.spans, (span) => span.label);
  const themes = findAll(".note", state.document.section).length;
  const present = [...LABELS, ...[...numbers.keys()].filter((label) => !LABELS.includes(label))].filter((label) => numbers.has(label));
  const switches = present.map((label) => oneSwitch(label, swatch(label, `layer.${label}`), numbers.get(label).length));
  if (themes) switches.push(oneSwitch("themes", say("layer.themes"), themes));
  find("#switches").replaceChildren(find("#switches legend"), ...switches);
  showLayers();
}

function oneSwitch(value, name, number) {
  const box = make("input", { type: "checkbox", value, checked: !state.off.has(value) });
  return make("label", {}, box, make("span", {}, name, " ", make("span", { class: "count" }, count(number))));
}

function showLayers() {
  document.body.dataset.off = [...state.off].join(" ");
  hideCard();
}

// How high the bars are that stay at the top, for what stays below them.
function measureBars() {
  const style = document.documentElement.style;
  style.setProperty("--bar", `${find(".bar").offsetHeight}px`);
  style.setProperty("--tabs", `${find(".tabs").offsetHeight}px`);
}

// ---- The text: cards on hover, tap and focus; arrow keys from highlight to highlight; evidence of themes

let hiding = 0;

function listenToText() {
  const texts = find("#texts");
  const card = find("#card");
  texts.addEventListener("pointerover", (event) => {
    if (event.pointerType !== "mouse") return;
    const mark = markUnder(event.target);
    if (mark) showCard(mark);
    else hideSoon();
  });
  texts.addEventListener("pointerleave", hideSoon);
  card.addEventListener("pointerenter", () => clearTimeout(hiding));
  card.addEventListener("pointerleave", hideSoon);
  document.addEventListener("click", (event) => {
    if (event.target.closest("#card, .jump, .note")) return;
    const mark = texts.contains(event.target) ? markUnder(event.target) : null;
    if (mark) focusMark(mark);
    else hideCard();
  });
  texts.addEventListener("keydown", moveByKey);
  texts.addEventListener("focusin", (event) => { if (event.target.matches("mark[data-span]")) showCard(event.target); });
  texts.addEventListener("focusout", (event) => { if (event.target.matches("mark[data-span]")) hideCard(); });
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") hideCard(); });
  listenToNotes(texts);
}

// The innermost mark around a node whose layer is on.
function markUnder(node) {
  let mark = node.closest("mark[data-span]");
  while (mark && !isOn(spanOf(mark))) mark = mark.parentElement.closest("mark[data-span]");
  return mark;
}

function spanOf(mark) {
  return state.document.spans[mark.dataset.span];
}

function focusMark(mark) {
  for (const other of findAll("mark[tabindex]", state.document.section)) {
    other.tabIndex = -1;
    other.removeAttribute("aria-describedby");
  }
  mark.tabIndex = 0;
  mark.setAttribute("aria-describedby", "card");
  mark.focus({ preventScroll: true });
  showCard(mark);
}

function moveByKey(event) {
  const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
  const mark = event.target.closest("mark[data-span]");
  if (!mark || (event.key !== "Enter" && !step)) return;
  event.preventDefault();
  if (event.key === "Enter") return showCard(mark);
  let at = spanOf(mark).at + step;
  while (state.document.spans[at] && !isOn(state.document.spans[at])) at += step;
  if (state.document.spans[at]) goTo(at);
}

// Show a span in the text, with its card.
function goTo(at) {
  const span = state.document.spans[at];
  if (!isOn(span)) {
    state.off.delete(span.label);
    fillSwitches();
  }
  view("text");
  const mark = state.document.marks[at];
  mark.scrollIntoView({ block: "center" });
  // What comes into view is laid out only now, which may move it.
  requestAnimationFrame(() => { mark.scrollIntoView({ block: "center" }); focusMark(mark); });
}

function showCard(mark) {
  clearTimeout(hiding);
  const card = find("#card");
  const sections = [];
  for (let outer = mark; outer; outer = outer.parentElement.closest("mark[data-span]")) {
    const span = spanOf(outer);
    if (isOn(span)) sections.push(make("section", {}, make("h3", {}, swatch(span.label), shortened(span.text)), listOf(span)));
  }
  card.replaceChildren(...sections);
  card.hidden = false;
  placeCard(card, mark.getClientRects()[0]);
}

function placeCard(card, place) {
  if (!place) return;
  const room = document.documentElement.clientWidth - card.offsetWidth - 8;
  const above = place.top - card.offsetHeight - 8;
  const below = place.bottom + 8;
  const top = below + card.offsetHeight > innerHeight && above > 0 ? above : below;
  card.style.left = `${Math.max(8, Math.min(place.left, room)) + scrollX}px`;
  card.style.top = `${top + scrollY}px`;
}

// When the pointer leaves a mark the card stays long enough to be reached; then it is that of the mark in focus again.
function hideSoon() {
  clearTimeout(hiding);
  hiding = setTimeout(() => {
    const focused = document.activeElement.closest("mark[data-span]");
    if (focused && !find("#card").hidden) showCard(focused);
    else hideCard();
  }, 250);
}

function hideCard() {
  clearTimeout(hiding);
  find("#card").hidden = true;
}

function listOf(span) {
  const rows = valuesShown(span).map(([key, value]) => [make("dt", {}, say(`field.${key}`)), make("dd", {}, value)]);
  return make("dl", {}, ...rows.flat());
}

function listenToNotes(texts) {
  const noteOf = (event) => event.target.closest?.(".note");
  for (const [type, lit] of [["pointerover", true], ["pointerout", false], ["focusin", true], ["focusout", false]]) {
    texts.addEventListener(type, (event) => { if (noteOf(event)) light(noteOf(event), lit); });
  }
  texts.addEventListener("click", (event) => { if (noteOf(event)) press(noteOf(event), noteOf(event).getAttribute("aria-pressed") !== "true"); });
}

function press(note, pressed) {
  note.setAttribute("aria-pressed", pressed);
  light(note, pressed);
}

// Show the characters that speak for a theme, as long as its note is pressed or looked at.
function light(note, lit) {
  const on = lit || note.getAttribute("aria-pressed") === "true";
  for (const part of findAll(`[data-evidence="${note.dataset.evidenceOf}"]`, state.document.section)) part.classList.toggle("lit", on);
}

// ---- Values as text

function figure({ comparator, value, unit, change }) {
  return `${!comparator || comparator === "=" ? "" : `${COMPARATORS[comparator] ?? comparator} `}${number(value)}${unit ?? ""}${CHANGES[change] ?? ""}`;
}

// A span's values as pairs of a field and a text, for labels of this version and of later ones.
function valuesShown({ attrs }) {
  const pairs = Object.entries(attrs).filter(([name]) => !("comparator" in attrs && ["value", "unit", "comparator", "change"].includes(name)));
  if ("comparator" in attrs) pairs.unshift(["value", attrs]);
  return pairs.map(([name, value]) => [name, shownValue(name, value)]);
}

function shownValue(name, value) {
  if (Array.isArray(value)) return value.map((one) => shownValue(name, one)).join(state.language === "zh" ? "；" : "; ");
  if (value && typeof value === "object") return "value" in value ? figure(value) : Object.entries(value).map(([key, part]) => `${say(`field.${key}`)} ${shownValue(key, part)}`).join(" · ");
  if (name === "themes") return say(`theme.${value}`);
  if (["role", "kind", "level", "stance", "change"].includes(name)) return say(`value.${value}`);
  return name === "base" ? number(value) : String(value);
}

// ---- The panels

const PANELS = {
  timeline, goals, problems, agencies, documents, themes, more,
};

function listenToTabs() {
  const tabs = find(".tabs");
  tabs.addEventListener("click", (event) => {
    const tab = event.target.closest("[role=tab]");
    if (tab) view(tab.dataset.panel);
  });
  tabs.addEventListener("keydown", (event) => {
    const shown = findAll("[role=tab]", tabs).filter((tab) => tab.offsetParent);
    const at = shown.indexOf(event.target);
    const next = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: shown.length - 1 }[event.key];
    if (next === undefined || at < 0) return;
    event.preventDefault();
    const tab = shown[(next + shown.length) % shown.length];
    view(tab.dataset.panel);
    tab.focus();
  });
}

function view(panel) {
  if (panel !== "text" && panel !== state.panel) {
    state.panel = panel;
    showPanels();
  }
  if (document.body.dataset.view !== (panel === "text" ? "text" : "tables")) {
    document.body.dataset.view = panel === "text" ? "text" : "tables";
    if (!wide.matches) hideCard();
  }
  markTab();
}

function markTab() {
  const chosen = !wide.matches && document.body.dataset.view === "text" ? "text" : state.panel;
  for (const tab of findAll("[role=tab]")) {
    tab.setAttribute("aria-selected", tab.dataset.panel === chosen);
    tab.tabIndex = tab.dataset.panel === chosen ? 0 : -1;
  }
  measureBars();
}

// Fill the panel chosen, and only that one.
function showPanels() {
  find(".tabs [data-panel=more]").hidden = !state.document.spans.some((span) => !OF_PANELS.includes(span.label));
  for (const name of Object.keys(PANELS)) {
    const panel = find(`#panel-${name}`);
    panel.hidden = name !== state.panel;
    panel.setAttribute("aria-label", say(`panel.${name}`));
    if (name === state.panel) fillPanel(name);
    else find(".contents", panel).replaceChildren();
  }
  find("#panels").scrollTop = 0;
  markTab();
}

function fillPanels() {
  for (const name of Object.keys(PANELS)) {
    if (state.everything || name === state.panel) fillPanel(name);
    else find(`#panel-${name} .contents`).replaceChildren();
  }
}

function fillPanel(name) {
  const parts = PANELS[name]();
  find(`#panel-${name} .contents`).replaceChildren(...(parts.length ? parts : [make("p", { class: "hint empty" }, say("ui.none"))]));
}

// Fill a list or a table's body with the first items, and the rest on demand.
function fill(container, items, makeOne, first = ROWS_AT_ONCE) {
  const button = make("button", { type: "button", class: "more" });
  let at = 0;
  const go = () => {
    const until = state.everything ? items.length : at + (at ? ROWS_AT_ONCE : first);
    container.append(...items.slice(at, until).map(makeOne));
    at = Math.min(until, items.length);
    button.textContent = `${say("ui.left")} ${count(items.length - at)}`;
    button.hidden = at === items.length;
  };
  button.addEventListener("click", go);
  go();
  return button;
}

function list(items, makeOne, tag = "ul", attributes = {}, first = ROWS_AT_ONCE) {
  const container = make(tag, attributes);
  const button = fill(container, items, makeOne, first);
  return make("div", {}, container, button);
}

function jump(text, at) {
  return make("button", { type: "button", class: "jump", lang: "zh", click: () => goTo(at) }, text);
}

// A button that goes to the next of several mentions each time.
function mentions(text, spans) {
  const where = make("span", { class: "count" }, `×${count(spans.length)}`);
  let at = -1;
  const next = () => {
    at = (at + 1) % spans.length;
    where.textContent = find("#said").textContent = `${at + 1}/${spans.length}`;
    goTo(spans[at].at);
  };
  return [make("button", { type: "button", class: "jump", lang: "zh", click: next }, text), where];
}

// A table whose columns sort: each has a key, the value that a row sorts by, and what is shown where that differs.
function table(name, columns, rows) {
  const body = make("tbody", { role: "rowgroup" });  // the roles hold where a narrow screen shows no table
  const headers = columns.map((column, at) => make("th", { scope: "col", role: "columnheader" }, make("button", { type: "button", click: () => sort(at) }, say(column.label))));
  let button = null;
  const show = () => {
    const sorting = state.sorting[name];
    headers.forEach((header, at) => header.setAttribute("aria-sort", sorting?.column !== at ? "none" : sorting.descending ? "descending" : "ascending"));
    body.replaceChildren();
    const next = fill(body, sorting ? sorted(rows, columns[sorting.column].value, sorting.descending) : rows, (row) => (
      make("tr", { role: "row" }, ...columns.map((column) => make("td", { class: column.kind, role: "cell" }, column.show ? column.show(row) : String(column.value(row) ?? ""))))
    ));
    button?.replaceWith(next);
    button = next;
  };
  const sort = (column) => {
    const before = state.sorting[name];
    state.sorting[name] = { column, descending: before?.column === column && !before.descending };
    show();
  };
  show();
  const head = make("thead", { role: "rowgroup" }, make("tr", { role: "row" }, ...headers));
  const scroll = make("div", { class: "scroll", role: "region", tabindex: 0, "aria-label": say(`panel.${name}`) }, make("table", { role: "table" }, head, body));
  return make("div", {}, make("p", { class: "hint sorting" }, say("ui.sort")), scroll, button);
}

// Rows without a value come last whichever way the others go.
function sorted(rows, valueOf, descending) {
  const collator = new Intl.Collator("zh", { numeric: true });
  const missing = (value) => value === null || value === undefined || value === "";
  const compare = (a, b) => (typeof a === "number" && typeof b === "number" ? a - b : collator.compare(String(a), String(b)));
  return rows.map((row) => [row, valueOf(row)]).sort(([, a], [, b]) => {
    if (missing(a) || missing(b)) return missing(a) - missing(b);
    return descending ? compare(b, a) : compare(a, b);
  }).map(([row]) => row);
}

// A row for each figure of a goal, and one for a goal without figures.
function goals() {
  const rows = spansOf("goal").flatMap((span) => (span.attrs.quantities ?? [{}]).map((quantity) => ({ span, quantity, ...span.attrs })));
  if (!rows.length) return [];
  return [table("goals", [
    { label: "table.goal", kind: "text", value: (row) => row.span.at, show: (row) => jump(shortened(row.span.text), row.span.at) },
    { label: "table.indicator", value: (row) => row.indicator },
    { label: "table.comparator", kind: "short", value: (row) => (row.quantity.comparator ? COMPARATORS[row.quantity.comparator] + (CHANGES[row.quantity.change] ?? "") : "") },
    { label: "table.value", kind: "number", value: (row) => row.quantity.value, show: (row) => number(row.quantity.value) },
    { label: "table.unit", kind: "short", value: (row) => row.quantity.unit },
    { label: "table.deadline", kind: "short", value: (row) => row.deadline },
  ], rows)];
}

function problems() {
  const groups = grouped(spansOf("problem"), (span) => span.attrs.stance);
  return inOrder(STANCES, groups).flatMap((stance) => [
    heading(say(`value.${stance}`), groups.get(stance).length),
    list(groups.get(stance), (span) => make("li", {}, jump(span.text, span.at), ...(span.attrs.themes ?? []).flatMap((theme) => [" ", make("span", { class: "tag" }, say(`theme.${theme}`))]))),
  ]);
}

function heading(text, number) {
  return make("h3", {}, text, " ", make("span", { class: "count" }, count(number)));
}

// The keys of groups: the known ones in their order, then others.
function inOrder(known, groups) {
  return [...known.filter((key) => groups.has(key)), ...[...groups.keys()].filter((key) => !known.includes(key))];
}

// By role, each body once, those named most often first.
function agencies() {
  const groups = grouped(spansOf("agency"), (span) => span.attrs.role);
  return inOrder(ROLES, groups).flatMap((role) => {
    const bodies = grouped(groups.get(role), (span) => span.attrs.canonical ?? span.text);
    const byNumber = [...bodies].sort(([, a], [, b]) => b.length - a.length);
    return [heading(role ? say(`value.${role}`) : say("ui.no_role"), bodies.size), list(byNumber, ([name, spans]) => {
      const { level, kind, count: members } = spans[0].attrs;
      const what = [level && say(`value.${level}`), kind !== "named" && say(`value.${kind}`), members].filter(Boolean).join(" · ");
      const [button, where] = mentions(name, spans);
      return make("li", { class: "entry" }, make("span", {}, button, " ", make("span", { class: "aside" }, what)), where);
    })];
  });
}

function documents() {
  const rows = [...grouped(spansOf("document"), (span) => span.text)].map(([text, spans]) => {
    const [button, where] = mentions(text, spans);
    return { text, spans, button, where, ...spans[0].attrs };
  });
  if (!rows.length) return [];
  return [table("documents", [
    { label: "table.document", kind: "text", value: (row) => row.text, show: (row) => row.button },
    { label: "table.type", value: (row) => row.number ?? row.doctype },
    { label: "table.issuer", value: (row) => row.issuer },
    { label: "field.year", kind: "number", value: (row) => row.year },
    { label: "table.mentions", kind: "number", value: (row) => row.spans.length, show: (row) => row.where },
  ], rows)];
}

// Each theme with a bar for the number of its passages; pressing it goes from one to the next and shows the evidence.
function themes() {
  const groups = [...grouped(findAll(".note", state.document.section), (note) => note.dataset.theme)].sort(([, a], [, b]) => b.length - a.length);
  if (!groups.length) return [];
  const most = groups[0][1].length;
  return [list(groups, ([theme, notes]) => {
    const meter = make("div", { class: "meter" });
    meter.style.width = `${(100 * notes.length) / most}%`;
    const where = make("span", { class: "count" }, `×${count(notes.length)}`);
    let at = -1;
    const next = () => {
      if (at >= 0) press(notes[at], false);
      at = (at + 1) % notes.length;
      where.textContent = find("#said").textContent = `${at + 1}/${notes.length}`;
      showTheme(notes[at]);
    };
    const button = make("button", { type: "button", class: "jump", click: next }, say(`theme.${theme}`));
    return make("li", {}, make("div", { class: "entry" }, button, where), meter);
  })];
}

function showTheme(note) {
  if (state.off.delete("themes")) fillSwitches();
  view("text");
  hideCard();
  press(note, true);
  const row = note.closest(".row");
  row.scrollIntoView({ block: "center" });
  requestAnimationFrame(() => { row.scrollIntoView({ block: "center" }); note.focus({ preventScroll: true }); });
}

// Layers that have no panel of their own: a table each, with whatever values their spans have.
function more() {
  const labels = inOrder(LABELS, grouped(state.document.spans, (span) => span.label)).filter((label) => !OF_PANELS.includes(label));
  return labels.flatMap((label) => {
    const spans = spansOf(label);
    const shown = new Map(spans.map((span) => [span, Object.fromEntries(valuesShown(span))]));
    const fields = [...new Set([...shown.values()].flatMap(Object.keys))];
    return [heading(say(`layer.${label}`), spans.length), table(`more-${label}`, [
      { label: "table.text", kind: "text", value: (span) => span.at, show: (span) => jump(shortened(span.text), span.at) },
      ...fields.map((field) => ({ label: `field.${field}`, value: (span) => shown.get(span)[field] })),
    ], spans)];
  });
}

// ---- The timeline: every day or period once, with the goals due and the places that name it

function timeline() {
  const rows = timelineRows();
  const axis = makeAxis(rows);
  const undated = spansOf("date").filter((span) => !span.attrs.start && !span.attrs.end);
  const parts = [];
  if (rows.length) parts.push(axis.element, list(rows, (row) => timelineRow(row, axis), "ol", { class: "timeline" }));
  if (undated.length) parts.push(heading(say("ui.undated"), undated.length), list(undated, (span) => make("li", {}, jump(span.text, span.at))));
  return parts;
}

function timelineRows() {
  const rows = new Map();
  const rowOf = (first, last, role, name) => {
    const key = role === "deadline" ? `${last ?? first}|deadline` : `${first}|${last}|${role}`;
    if (!rows.has(key)) rows.set(key, { first: first ?? last, last: last ?? first, role, name, spans: [] });
    return rows.get(key);
  };
  for (const span of state.document.spans) {
    const { start, end, role, edtf, deadline } = span.attrs;
    if (span.label === "goal" && deadline) rowOf(deadline, deadline, "deadline", deadline).spans.push(span);
    if (span.label === "date" && (start || end)) {
      const row = role === "deadline" ? rowOf(end ?? start, end ?? start, role, end ?? start) : rowOf(start, end, role, edtf ?? start ?? end);
      row.spans.push(span);
    }
  }
  const order = (row) => `${row.role === "deadline" ? row.last : row.first}|${row.last}`;
  return [...rows.values()].sort((a, b) => (order(a) < order(b) ? -1 : order(a) > order(b) ? 1 : 0));
}

// An axis on which every year that is named has the same width, so that one old date does not press all others together.
function makeAxis(rows) {
  const years = [...new Set(rows.flatMap((row) => [yearOf(row.first), yearOf(row.last)]))].sort((a, b) => a - b);
  const at = new Map(years.map((year, index) => [year, index]));
  const place = (day) => (100 * (at.get(yearOf(day)) + partOfYear(day))) / years.length;
  const step = Math.ceil(years.length / 7);
  const ticks = years.map((year, index) => (index % step ? null : tick(year, (100 * index) / years.length)));
  return { place, element: make("div", { class: "axis", "aria-hidden": "true" }, ...ticks) };
}

function tick(year, percent) {
  const element = make("span", {}, String(year));
  element.style.left = `${percent}%`;
  return element;
}

function yearOf(day) {
  return Number(day.slice(0, 4));
}

function partOfYear(day) {
  return (Number(day.slice(5, 7)) - 1 + (Number(day.slice(8, 10)) - 1) / 31) / 12;
}

function timelineRow(row, axis) {
  const bar = make("i", { class: row.role });
  const left = axis.place(row.role === "deadline" ? row.last : row.first);
  bar.style.left = `${left}%`;
  if (row.role === "since") bar.style.right = "0";
  else if (row.role !== "deadline") bar.style.width = `${axis.place(row.last) - left}%`;
  const head = make("div", { class: "entry" }, make("span", { class: "day" }, row.name), make("span", { class: "tag" }, say(`value.${row.role}`)));
  const within = (span) => row.spans.some((goal) => goal.label === "goal" && goal.start <= span.start && span.start < goal.start + goal.text.length);
  const places = row.spans.filter((span) => span.label === "goal" || !within(span));
  return make("li", {}, head, make("div", { class: "track", "aria-hidden": "true" }, bar), list(places, placeOf, "ul", { class: "mentions" }, MENTIONS_AT_ONCE));
}

function placeOf(span) {
  if (span.label === "goal") return make("li", {}, swatch("goal"), " ", jump(shortened(span.text), span.at));
  return make("li", {}, jump(contextOf(span), span.at));
}

// The text around the beginning of a span, from the block that it stands in.
function contextOf(span) {
  const block = state.document.marks[span.at].closest("p");
  const text = Array.from(block.textContent);
  const at = span.start - Number(block.dataset.start);
  const from = Math.max(0, at - CONTEXT[0]);
  const until = Math.min(text.length, at + CONTEXT[1]);
  return `${from ? "…" : ""}${text.slice(from, until).join("").trim()}${until < text.length ? "…" : ""}`;
}
