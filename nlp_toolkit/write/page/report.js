// What the report does: draws each figure from its cells, and shows the documents behind what is chosen in one.
// A figure has named rows and columns, and cells: [row, column, how many, in how many documents, what is behind].

const SVG = "http://www.w3.org/2000/svg";
const RESULTS = ["goals", "tasks"];
const LINKS = ["together", "sentences", "leads"];  // the figures of who appears with whom, rows and columns the bodies
const ROWS_IN_TABLE = 200;
const RELATED = 8;  // bodies named with a body

const asTheme = (id) => say(`theme.${id}`);
const asValue = (value) => say(`value.${value}`);
const asLayer = (layer) => say(`report.${layer}`);
const asWritten = (name) => name;

// How each figure says its rows and columns, what its marks are as large as, and what draws it.
const FIGURES = {
  themes: { row: asTheme, column: asWritten, measure: "documents", plot: drawThemes, share: true },
  places: { row: asTheme, column: placeName, measure: "documents", plot: drawPlaces, share: true },
  bodies: { row: asWritten, column: asLayer, measure: "documents", plot: drawBodies },
  roles: { row: asWritten, column: asValue, measure: "count", plot: drawBars },
  deadlines: { row: asLayer, column: asWritten, measure: "count", plot: drawDeadlines },
  indicators: { row: asWritten, column: asLayer, measure: "count", plot: drawBars },
  problems: { row: asTheme, column: asValue, measure: "count", plot: drawBars },
  together: { row: asWritten, column: asWritten, measure: "documents" },
  sentences: { row: asWritten, column: asWritten, measure: "documents" },
  leads: { row: asWritten, column: asWritten, measure: "count" },
};

Object.assign(state, {
  share: new Set(),  // the figures that show shares
  links: "together",
  chosen: null,  // the figure, row and column whose documents are shown
});
let report;
const figures = {};

document.addEventListener("DOMContentLoaded", () => {
  labels = dataOf("labels");
  report = dataOf("report");
  for (const { name, cells, ...rest } of report.figures) {
    const whole = cells.map(([row, column, count, documents, behind]) => ({ figure: name, row, column, count, documents, behind }));
    figures[name] = { name, ...rest, cells: whole, at: new Map(whole.map((cell) => [`${cell.row} ${cell.column}`, cell])) };
  }
  listenToLanguages(showAll);
  listenToMarks();
  listenToBehind();
  showAll();
});

// ---- Small helpers

function draw(tag, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, tag), attributes, children);
}

function words(text, x, y, attributes = {}) {
  return draw("text", { x, y, ...attributes }, text);
}

function cellAt(figure, row, column) {
  return figure.at.get(`${row} ${column}`);
}

function sizeOf(cell) {
  return cell ? cell[FIGURES[cell.figure].measure] : 0;
}

function rowName(name, row) {
  return FIGURES[name].row(figures[name].rows[row]);
}

function columnName(name, column) {
  return FIGURES[name].column(figures[name].columns[column]);
}

function placeName(place) {
  return say(`place.${place}`);
}

function nameOf(cell) {
  const column = figures[cell.figure].columns.length > 1 || LINKS.includes(cell.figure) ? columnName(cell.figure, cell.column) : null;
  return [rowName(cell.figure, cell.row), column].filter(Boolean).join(cell.figure === "leads" ? " → " : " · ");
}

function amountOf(cell) {
  const documents = `${count(cell.documents)} ${say("report.documents")}`;
  const what = say(`report.of.${cell.figure}`);
  return what === "" || what.startsWith("of.") ? documents : `${count(cell.count)} ${what} · ${documents}`;
}

function percent(part) {
  return `${(100 * part).toFixed(part < 0.0995 ? 1 : 0)}%`;
}

// The next number at or above a value that is good to read on an axis.
function roundUp(value) {
  if (value <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((step) => step * power).find((step) => step >= value * 0.999999);
}

// Something in a figure that has documents behind it: can be clicked, and reached with the arrow keys.
function mark(cell, ...shapes) {
  const label = `${nameOf(cell)}: ${amountOf(cell)}`;
  const attributes = { class: "mark", role: "button", tabindex: -1, "aria-label": label, "data-figure": cell.figure, "data-row": cell.row, "data-column": cell.column };
  return draw("g", attributes, draw("title", {}, label), ...shapes);
}

function plot(name, width, height, ...children) {
  return draw("svg", { class: "plot", viewBox: `0 0 ${width} ${height}`, role: "group", "aria-label": say(`report.${name}`) }, ...children);
}

function radios(name, options, chosen, choose) {
  const inputs = options.map((option) => make("label", {}, make("input", { type: "radio", name, value: option, checked: option === chosen, change: () => choose(option) }), say(`report.${option}`)));
  return make("fieldset", { class: "choice" }, make("legend", { class: "unseen" }, say("report.show")), ...inputs);
}

function legend(entries) {
  return make("ul", { class: "legend" }, ...entries.map(([kind, text]) => make("li", {}, draw("svg", { width: 16, height: 12, "aria-hidden": "true" }, draw("rect", { class: kind, x: 1, y: 1, width: 14, height: 10 })), ` ${text}`)));
}

// ---- The page

function showAll() {
  translateLabels(findAll("[data-label]"));
  document.title = `${report.name} · ${say("report.title")}`;
  find("#about").replaceChildren(...about());
  const shown = Object.keys(FIGURES).filter((name) => FIGURES[name].plot);
  find("#contents").replaceChildren(...shown.map((name) => make("a", { href: `#figure-${name}` }, say(`report.${name}`))));
  for (const name of shown) showFigure(name);
  if (state.chosen) fillBehind();
}

function about() {
  const { documents, characters, undated, failures, first, last } = report.about;
  const facts = [`${count(documents)} ${say("report.documents")}`, `${count(characters)} ${say("ui.characters")}`];
  if (first) facts.push(first === last ? `${first}` : `${first}–${last}`);
  if (undated) facts.push(`${count(undated)} ${say("report.undated")}`);
  if (failures) facts.push(`${count(failures)} ${say("report.failures")}`);
  const layers = report.about.layers.map(([layer, rows]) => make("div", {}, make("dt", {}, say(`layer.${layer}`)), make("dd", {}, count(rows))));
  return [make("h1", {}, report.name), make("p", { class: "facts" }, facts.join(" · ")), make("dl", { class: "layers" }, ...layers)];
}

function showFigure(name) {
  const figure = figures[name];
  const section = find(`#figure-${name}`) ?? find("#figures").appendChild(make("section", { class: "figure", id: `figure-${name}`, "aria-labelledby": `title-${name}` }));
  const parts = figure.cells.length ? FIGURES[name].plot(figure) : [make("p", { class: "hint empty" }, say("ui.none"))];
  const hints = figure.notes.map(([key, amount]) => make("p", { class: "hint" }, `${say(`report.note.${key}`).replace("{}", amount === null ? "" : count(amount))}`));
  section.replaceChildren(make("h2", { id: `title-${name}` }, say(`report.${name}`)), ...hints, ...parts, ...(figure.cells.length ? [asTable(figure)] : []));
  findAll(".plot, .bars", section).length && find(".mark", section)?.setAttribute("tabindex", 0);
  lightChosen();
}

// The figure's numbers as a table, made when it is opened.
function asTable(figure) {
  const details = make("details", { class: "numbers" }, make("summary", {}, say("report.numbers")));
  details.addEventListener("toggle", () => {
    if (!details.open || find("table", details)) return;
    const several = figure.columns.length > 1;
    const headers = ["", ...(several ? [""] : []), say("report.count"), say("report.documents")].map((header) => make("th", { scope: "col" }, header));
    const row = (cell) => make("tr", {}, make("th", { scope: "row" }, rowName(figure.name, cell.row)), several ? make("td", {}, columnName(figure.name, cell.column)) : null, make("td", { class: "number" }, count(cell.count)), make("td", { class: "number" }, count(cell.documents)));
    const rows = figure.cells.slice(0, ROWS_IN_TABLE).map(row);
    const more = figure.cells.length - rows.length;
    const button = make("button", { type: "button", class: "more", hidden: more <= 0, click: () => { body.append(...figure.cells.slice(ROWS_IN_TABLE).map(row)); button.remove(); } }, `${say("ui.left")} ${count(more)}`);
    const body = make("tbody", {}, ...rows);
    details.append(make("div", { class: "scroll", role: "region", tabindex: 0, "aria-label": say(`report.${figure.name}`) }, make("table", {}, make("thead", {}, make("tr", {}, ...headers)), body)), button);
  });
  return details;
}

function sharing(figure) {
  return radios(`share-${figure.name}`, ["number", "share"], state.share.has(figure.name) ? "share" : "number", (option) => {
    if (option === "share") state.share.add(figure.name);
    else state.share.delete(figure.name);
    showFigure(figure.name);
    find(`#figure-${figure.name} input[value=${option}]`).focus();
  });
}

// A cell's size, or its share of all documents of its column.
function heightOf(figure, cell) {
  if (!cell) return 0;
  return state.share.has(figure.name) ? cell.documents / figure.base[cell.column] : sizeOf(cell);
}

function heightText(figure, height) {
  return state.share.has(figure.name) ? percent(height) : count(height);
}

// ---- Themes over time: a small chart a theme, all to one scale, since no one tells sixteen colours apart

function drawThemes(figure) {
  const [width, height, top, bottom] = [260, 110, 14, 16];
  const most = Math.max(...figure.cells.map((cell) => heightOf(figure, cell)));
  const scale = state.share.has(figure.name) ? Math.min(1, roundUp(most)) : roundUp(most);
  const step = Math.min(32, (width - 4) / figure.columns.length);
  const ground = height - bottom;
  const every = Math.ceil(40 / step);
  const charts = figure.rows.map((_, row) => {
    const bars = figure.columns.map((_, column) => {
      const cell = cellAt(figure, row, column);
      if (!cell) return null;
      const tall = Math.max(1, ((ground - top) * heightOf(figure, cell)) / scale);
      const x = 2 + column * step;
      const hit = draw("rect", { class: "hit", x, y: top, width: step, height: ground - top });
      return mark(cell, hit, draw("rect", { class: "first", x: x + step * 0.1, y: ground - tall, width: step * 0.8, height: tall }));
    });
    const axis = [
      draw("line", { class: "grid", x1: 0, x2: width, y1: top, y2: top }), draw("line", { class: "axis", x1: 0, x2: width, y1: ground, y2: ground }),
      words(heightText(figure, scale), 0, top - 3), ...figure.columns.map((year, column) => (column % every ? null : words(year, Math.min(width - 14, Math.max(14, 2 + (column + 0.5) * step)), height - 3, { "text-anchor": "middle" }))),
    ];
    const total = figure.cells.filter((cell) => cell.row === row).reduce((sum, cell) => sum + cell.documents, 0);
    return make("div", { class: "multiple" }, make("h3", {}, rowName(figure.name, row), " ", make("span", { class: "count" }, count(total))), plot(figure.name, width, height, ...axis, ...bars));
  });
  return [sharing(figure), make("div", { class: "multiples" }, ...charts)];
}

// ---- Themes by place: a heat map, the number in each cell

function drawPlaces(figure) {
  const [left, top, wide, high] = [state.language === "zh" ? 160 : 260, 96, 34, 26];
  const width = left + wide * figure.columns.length + 36;  // the last name leans over
  const most = Math.max(...figure.cells.map((cell) => heightOf(figure, cell)));
  const heads = figure.columns.map((_, column) => words(columnName(figure.name, column), 0, 0, { transform: `translate(${left + column * wide + wide / 2 + 4} ${top - 6}) rotate(-60)` }));
  const rows = figure.rows.flatMap((_, row) => [
    words(shortened(rowName(figure.name, row), 34), left - 8, top + row * high + high / 2 + 4, { "text-anchor": "end" }),
    ...figure.columns.map((_, column) => {
      const [x, y] = [left + column * wide, top + row * high];
      const cell = cellAt(figure, row, column);
      if (!cell) return draw("rect", { class: "void", x: x + 1, y: y + 1, width: wide - 2, height: high - 2 });
      const strength = Math.sqrt(heightOf(figure, cell) / most);
      // At most half of the colour, so that the number in it can be read.
      const box = draw("rect", { class: "heat", x: x + 1, y: y + 1, width: wide - 2, height: high - 2 });
      box.style.fill = `color-mix(in oklab, var(--accent) ${Math.round(5 + 45 * strength)}%, var(--ground))`;
      const number = heightText(figure, heightOf(figure, cell)).replace(/^(\d{1,3}),\d{3}$/, "$1k");
      return mark(cell, box, words(number, x + wide / 2, y + high / 2 + 4, { "text-anchor": "middle" }));
    }),
  ]);
  const drawn = plot(figure.name, width, top + high * figure.rows.length + 4, ...heads, ...rows);
  drawn.style.minWidth = `${Math.round(width * 0.85)}px`;
  drawn.style.maxWidth = `${Math.round(width * 1.1)}px`;
  return [sharing(figure), scrolled(figure, drawn)];
}

function scrolled(figure, drawn) {
  return make("div", { class: "scroll", role: "region", tabindex: 0, "aria-label": say(`report.${figure.name}`) }, drawn);
}

// ---- Who appears with whom: a network whose places were computed when the report was made

function drawBodies(figure) {
  const links = figures[state.links];
  const { width, height, places } = figure;
  const radius = (row) => 4 + 16 * Math.sqrt(sizeOf(cellAt(figure, row, 0)) / figure.most);
  const most = Math.max(1, ...links.cells.map(sizeOf));
  const lines = links.cells.map((cell) => {
    const [from, to] = [places[cell.row], places[cell.column]];
    const [dx, dy] = [to[0] - from[0], to[1] - from[1]];
    const length = Math.hypot(dx, dy) || 1;
    const [near, far] = [radius(cell.row) / length, 1 - (radius(cell.column) + 2) / length];
    const ends = { x1: from[0] + dx * near, y1: from[1] + dy * near, x2: from[0] + dx * far, y2: from[1] + dy * far };
    const line = draw("line", { class: state.links === "leads" ? "lead link" : "link", ...ends, "stroke-width": (0.8 + 4.2 * (sizeOf(cell) / most)).toFixed(2) });
    return mark(cell, draw("line", { class: "hit", ...ends }), line);
  });
  const nodes = figure.rows.map((name, row) => {
    const [x, y] = places[row];
    const leading = figure.leading[row] > 0;
    const around = draw("circle", { class: leading ? "leading node" : "node", cx: x, cy: y, r: radius(row).toFixed(1) });
    return mark(cellAt(figure, row, 0), around, words(shortened(name, 16), x, y + radius(row) + 13, { "text-anchor": "middle", lang: "zh" }));
  });
  const drawn = plot(figure.name, width, height, ...lines, ...nodes);
  const choice = radios("links", LINKS, state.links, (option) => {
    state.links = option;
    showFigure(figure.name);
    find(`#figure-${figure.name} input[value=${option}]`).focus();
  });
  for (const line of lines) line.removeAttribute("tabindex");  // reached from the bodies' panels
  drawn.style.minWidth = "46rem";
  const kinds = [["leading node", say("report.leading")], ["node", say("report.not_leading")]];
  return [choice, legend(kinds), scrolled(figure, drawn)];
}

// ---- Deadlines: what is due in each year

function drawDeadlines(figure) {
  const [width, height, left, top, bottom] = [960, 260, 44, 18, 26];
  const sums = figure.columns.map((_, column) => RESULTS.reduce((sum, _, row) => sum + sizeOf(cellAt(figure, row, column)), 0));
  const scale = roundUp(Math.max(...sums));
  const step = (width - left - 4) / figure.columns.length;
  const ground = height - bottom;
  const every = Math.ceil(figure.columns.length / 20);
  const axis = [0.5, 1].flatMap((part) => {
    const y = ground - (ground - top) * part;
    return [draw("line", { class: "grid", x1: left, x2: width, y1: y, y2: y }), words(number(scale * part), left - 6, y + 4, { "text-anchor": "end" })];
  });
  const bars = figure.columns.flatMap((year, column) => {
    let y = ground;
    const x = left + 2 + column * step;
    const wide = Math.min(step * 0.8, 60);
    const parts = RESULTS.map((_, row) => {
      const cell = cellAt(figure, row, column);
      if (!cell) return null;
      const tall = Math.max(1, ((ground - top) * sizeOf(cell)) / scale);
      y -= tall;
      return mark(cell, draw("rect", { class: "hit", x, y, width: step, height: tall }), draw("rect", { class: row ? "second" : "first goal", x: x + (step - wide) / 2, y, width: wide, height: tall }));
    });
    return [...parts, column % every ? null : words(year, x + step / 2, height - 8, { "text-anchor": "middle" })];
  });
  const now = figure.columns.indexOf(String(report.about.last));
  const today = now < 0 ? null : draw("g", {}, draw("title", {}, say("report.newest")), draw("line", { class: "now", x1: left + 2 + (now + 1) * step, x2: left + 2 + (now + 1) * step, y1: 4, y2: ground }));
  const drawn = plot(figure.name, width, height, ...axis, draw("line", { class: "axis", x1: left, x2: width, y1: ground, y2: ground }), ...bars, today);
  drawn.style.minWidth = "38rem";
  const kinds = [["first goal", say("report.goals")], ["second", say("report.tasks")]];
  return [legend(kinds), scrolled(figure, drawn)];
}

// ---- Bars that lie: a row a name, its columns one after another

function drawBars(figure) {
  const classes = ["first", "second", "third"];
  const of = (row) => figure.columns.map((_, column) => cellAt(figure, row, column)).filter(Boolean);
  const most = Math.max(...figure.rows.map((_, row) => of(row).reduce((sum, cell) => sum + sizeOf(cell), 0)));
  const rows = figure.rows.map((_, row) => {
    let x = 0;
    const parts = of(row).map((cell) => {
      const wide = Math.max(0.6, (300 * sizeOf(cell)) / most);
      x += wide;
      return mark(cell, draw("rect", { class: "hit", x: x - wide, y: 0, width: wide, height: 20 }), draw("rect", { class: `${classes[cell.column]} ${figure.name}`, x: x - wide, y: 3, width: Math.max(0.6, wide - 0.6), height: 14 }));
    });
    const bar = draw("svg", { class: "bars", viewBox: "0 0 300 20", preserveAspectRatio: "none", role: "group", "aria-label": rowName(figure.name, row) }, ...parts);
    const name = make("span", { class: "name", lang: FIGURES[figure.name].row === asWritten ? "zh" : null }, rowName(figure.name, row));
    const extra = figure.ranges ? make("span", { class: "aside" }, rangeText(figure.ranges[row])) : null;
    return make("li", {}, make("span", {}, name, extra ? " " : null, extra), bar, make("span", { class: "count" }, of(row).map((cell) => count(sizeOf(cell))).join(" + ")));
  });
  const kinds = figure.columns.map((_, column) => [`${classes[column]} ${figure.name}`, columnName(figure.name, column)]);
  return [kinds.length > 1 ? legend(kinds) : null, make("ol", { class: "rows" }, ...rows)].filter(Boolean);
}

// The lowest, the middle and the highest figure of an indicator, in its most usual unit.
function rangeText(range) {
  if (!range) return "";
  const { low, middle, high, unit } = range;
  const figure = (value) => number(Number(value.toPrecision(6)));
  return low === high ? `${figure(low)}${unit}` : `${figure(low)} – ${figure(high)}${unit} (${say("report.middle")} ${figure(middle)})`;
}

// ---- Marks: chosen with a click or Enter, reached with the arrow keys

function listenToMarks() {
  const main = find("#figures");
  main.addEventListener("click", (event) => {
    const chosen = event.target.closest(".mark");
    if (chosen) choose(chosen.dataset);
  });
  main.addEventListener("keydown", (event) => {
    const from = event.target.closest(".mark");
    if (!from) return;
    if (event.key === "Enter" || event.key === " ") choose(from.dataset);
    else if (!moveTo(neighbour(from, event.key))) return;
    event.preventDefault();
  });
}

function moveTo(to) {
  if (!to) return false;
  for (const other of findAll('.mark[tabindex="0"]', to.closest(".figure"))) other.tabIndex = -1;
  to.setAttribute("tabindex", 0);
  to.focus();
  return true;
}

// The mark next to one in the direction of an arrow key; where there is one column, all arrows go along it.
function neighbour(from, key) {
  const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[key];
  if (!step) return null;
  const place = ({ dataset }) => [Number(dataset.row), Number(dataset.column)];
  const [row, column] = place(from);
  const marks = findAll(".mark[tabindex]", from.closest(".figure"));
  const single = marks.every((other) => place(other)[1] === column);
  const away = (other) => {
    const [r, c] = place(other);
    const across = key === "ArrowRight" || key === "ArrowLeft";
    if (across && !single) return r === row && (c - column) * step > 0 ? Math.abs(c - column) : Infinity;
    return (r - row) * step > 0 ? Math.abs(r - row) * 1000 + Math.abs(c - column) : Infinity;
  };
  const nearest = marks.reduce((best, other) => (away(other) < away(best) ? other : best), from);
  return nearest === from ? null : nearest;
}

// ---- The documents behind a mark

function listenToBehind() {
  find("#close").addEventListener("click", close);
  document.addEventListener("keydown", (event) => { if (event.key === "Escape" && state.chosen) close(); });
}

function choose({ figure, row, column }) {
  state.chosen = cellAt(figures[figure], row, column);
  fillBehind();
  find("#behind").hidden = false;
  document.body.classList.add("opened");
  find("#behind").scrollTop = 0;
  find("#behind-title").focus({ preventScroll: true });
  lightChosen();
}

function close() {
  const { figure, row, column } = state.chosen;
  state.chosen = null;
  find("#behind").hidden = true;
  document.body.classList.remove("opened");
  lightChosen();
  const came = find(`.mark[data-figure="${figure}"][data-row="${row}"][data-column="${column}"][tabindex]`);
  moveTo(came ?? find(`.mark[data-figure="bodies"][data-row="${row}"]`));
}

function lightChosen() {
  const { figure, row, column } = state.chosen ?? {};
  for (const other of findAll(".mark")) {
    const { dataset } = other;
    const is = dataset.figure === figure && Number(dataset.row) === row && Number(dataset.column) === column;
    const touches = figure === "bodies" && LINKS.includes(dataset.figure) && [dataset.row, dataset.column].includes(String(row));
    other.classList.toggle("chosen", is || touches);
  }
}

function fillBehind() {
  const cell = state.chosen;
  find("#behind-title").textContent = nameOf(cell);
  const shown = cell.behind.length;
  const facts = amountOf(cell) + (shown < cell.documents ? ` · ${say("report.shown").replace("{}", count(shown))}` : "");
  const items = cell.behind.map(([source, sentence, times]) => {
    const [id, title, day] = report.sources[source];
    const quote = sentence === null ? null : make("p", { lang: "zh" }, report.sentences[sentence], times > 1 ? make("span", { class: "count" }, ` ×${count(times)}`) : null);
    return make("li", {}, make("strong", { lang: "zh" }, title || id), make("div", { class: "aside" }, [day, title ? id : null].filter(Boolean).join(" · ")), quote);
  });
  find("#behind-contents").replaceChildren(make("p", { class: "facts" }, facts), ...(cell.figure === "bodies" ? related(cell.row) : []), make("ol", { class: "sources" }, ...items));
}

// Who a body appears with and whom it leads, each leading to the documents behind that.
function related(body) {
  return LINKS.flatMap((name) => {
    const cells = figures[name].cells.filter((cell) => cell.row === body || cell.column === body).sort((a, b) => sizeOf(b) - sizeOf(a)).slice(0, RELATED);
    if (!cells.length) return [];
    const other = (cell) => (name === "leads" ? nameOf(cell) : rowName(name, cell.row === body ? cell.column : cell.row));
    const entries = cells.map((cell) => make("li", { class: "entry" }, make("button", { type: "button", class: "jump", lang: "zh", click: () => choose(cell) }, other(cell)), make("span", { class: "count" }, count(sizeOf(cell)))));
    return [make("h3", {}, say(`report.${name}`)), make("ul", { class: "related" }, ...entries)];
  });
}
