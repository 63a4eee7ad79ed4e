"use strict";
// The page: draws the specification, lets it be turned, and answers what lies where.

const page = JSON.parse(document.getElementById("data").textContent);
const $ = (id) => document.getElementById(id);
const ORDER = ["within", "disputed", "inside-minimum", "beyond"];
const MARKS = { within: "●", disputed: "◆", "inside-minimum": "▼", beyond: "✚" };
const SETTLE_MS = 180;
const NEAR = 12; // pixels from a mark that still mean it
const FEW = 30; // places whose names are in bold
const AT_ONCE = 2500; // places that are drawn while the map moves: the most populous

/** An element with attributes, and with texts or elements in it. Texts never become markup. */
function element(name, attributes = {}, ...inside) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...inside);
  return made;
}

/** Rings of whole steps back to degrees: first a point, then the way to each next one. */
function unpacked({ decimals, rings }) {
  const unit = 10 ** decimals;
  return rings.map((steps) => {
    const points = [];
    let [x, y] = [0, 0];
    for (let at = 0; at < steps.length; at += 2) {
      x += steps[at];
      y += steps[at + 1];
      points.push([x / unit, y / unit]);
    }
    return points;
  });
}

function layersOf(packed) {
  const feature = (type, coordinates) => [{ type: "Feature", geometry: { type, coordinates } }];
  return {
    land: feature("Polygon", unpacked(packed.land)),
    lakes: feature("Polygon", unpacked(packed.lakes)),
    settled: feature("MultiLineString", unpacked(packed.settled)),
    disputed: feature("MultiLineString", unpacked(packed.disputed)),
  };
}

const columns = ({ name, lon, lat, population, verdicts }) =>
  name.map((text, id) => ({
    id, name: text, lon: lon[id], lat: lat[id], population: population[id],
    verdicts: verdicts ? [...verdicts[id]].map((digit) => ORDER[digit]) : [],
  }));

const base = Object.fromEntries(Object.entries(page.base).map(([name, packed]) => [name, layersOf(packed)]));
const places = columns(page.places);
const byPopulation = [...places].sort((a, b) => b.population - a.population);
const towns = columns(page.towns);
const judge = makeJudge(page.question);
const hidden = new Set();

const figure = $("map");
const size = () => [Math.max(200, figure.clientWidth), Math.max(200, figure.clientHeight)];
const embedded = await vegaEmbed(figure, page.spec, { mode: "vega", renderer: "canvas", actions: false, hover: false, defaultStyle: false });
const chart = embedded.view;
// Vega's own projection, of which copies are turned to try what a view would show.
const begun = (name) => {
  if (chart.signal("projection") !== name) chart.signal("projection", name).run();
  return chart.scale("map").copy();
};
const view = new View(page.frame, size, begun);
let drawn = []; // places with their verdict by what is not hidden
let shown = null; // which base map is drawn
let chosen = null; // the point in the panel
let settling = 0;
let frameAsked = 0;

// ---------------------------------------------------------------- drawing

/** The finest base map that covers what is seen. */
function fitting() {
  if (!base.near) return "fine";
  const { lon, lat, radius_deg } = page.near;
  const [middleLon, middleLat] = view.middle();
  return angleBetween(lon, lat, middleLon, middleLat) + view.seen() <= radius_deg ? "near" : "fine";
}

function useBase(name) {
  if (shown === name) return;
  shown = name;
  for (const [layer, features] of Object.entries(base[name])) chart.data(layer, features);
}

function draw() {
  frameAsked = 0;
  for (const [name, value] of Object.entries(view.signals())) chart.signal(name, value);
  return chart.runAsync();
}

/** Draw soon, coarsely, and finely once nothing moves. */
function moved() {
  if (!settling) {
    useBase("coarse");
    if (drawn.length > AT_ONCE) chart.data("spots", drawn.slice(-AT_ONCE));
    chart.signal("step", 30);
    chart.data("names", []);
    chart.data("words", []);
  }
  clearTimeout(settling);
  settling = setTimeout(settle, SETTLE_MS);
  if (!frameAsked) frameAsked = requestAnimationFrame(draw);
}

function step() {
  const seen = view.seen();
  return [2, 5, 10, 15, 30].find((degrees) => degrees >= seen / 5) ?? 30;
}

/** Draw everything as it should be. */
async function settle() {
  settling = 0;
  useBase(fitting());
  if (drawn.length > AT_ONCE) chart.data("spots", drawn);
  chart.signal("step", step());
  const room = new Room(view);
  const seen = places.length ? byPopulation : [];
  const origins = room.beside(page.origins, "origin", 50);
  room.keepOff(page.origins, 8);
  const words = room.along(page.captions.filter(({ system }) => !hidden.has(system)));
  const named = room.beside(seen, places.length > FEW ? "many" : "place", 45);
  const known = new Set(places.map(({ name }) => name));
  const free = room.beside(towns.filter(({ name }) => !known.has(name)), "town", Math.max(15, 45 - named.length));
  chart.data("words", words);
  chart.data("names", [...origins, ...named, ...free]);
  await draw();
  remember();
  figure.dataset.settled = String(Number(figure.dataset.settled ?? 0) + 1);
}

function shownVerdict(place) {
  return ORDER.find((verdict) => place.verdicts.some((said, system) => said === verdict && !hidden.has(system))) ?? null;
}

function showLayers() {
  chart.signal("hidden", [...hidden]);
  drawn = places.map((place) => ({ ...place, verdict: shownVerdict(place) })).filter(({ verdict }) => verdict);
  // The most populous lie on top.
  drawn.sort((a, b) => a.population - b.population);
  chart.data("spots", drawn);
}

// ---------------------------------------------------------------- what is said of a point

const kilometres = (metres) =>
  `${(metres / 1000).toLocaleString("en", { minimumFractionDigits: 1, maximumFractionDigits: 1 })} km`;

const degrees = (lat, lon) => `${lat.toFixed(5)}, ${lon.toFixed(5)}`;

function sourceLinks(keys) {
  const links = keys.map((key) => page.numbers[key]).sort((a, b) => a - b).map((number) => element("a", { href: `#source-${number}` }, `[${number}]`));
  return links.flatMap((link, at) => (at ? [" ", link] : [link]));
}

/** One system's answer. */
function worded(found) {
  const range = page.ranges[found.range];
  const several = page.origins.length + page.areas.length > 1;
  const origin = several ? ` from ${page.question.origins[found.origin].name}` : "";
  const facts = [`${kilometres(found.distance_m)} away${origin}`];
  if (found.margin_m !== null) facts.push(`margin ${kilometres(found.margin_m)}`);
  if (found.azimuth_deg !== null && found.azimuth_deg !== undefined) facts.push(`azimuth ${found.azimuth_deg.toFixed(1)}°`);
  const body = element("div", { class: `answer ${found.verdict}` },
    element("p", { class: "verdict" }, element("span", { "aria-hidden": "true" }, `${MARKS[found.verdict]} `),
      range.system ? `${range.name}: ` : "", element("strong", {}, found.verdict)),
    element("p", {}, `${facts.join(", ")}; range ${range.span}`));
  const sides = [
    ["In reach by ", found.reach], ["Out of reach by ", found.not], ["Left open by ", found.open],
    ["Nearer than the minimum range by ", found.too_near],
  ];
  for (const [words, keys] of sides) if (keys.length) body.append(element("p", {}, words, ...sourceLinks(keys)));
  if (found.outside_sector) body.append(element("p", {}, "Outside of the sector."));
  return body;
}

/** Answer for a point, in the panel. */
function choose(lon, lat, name) {
  chosen = { lon, lat, name };
  const answers = judge.judge(lon, lat).filter(({ range }) => !hidden.has(range));
  $("panel-title").textContent = name ?? degrees(lat, lon);
  const where = name ? [element("p", { class: "where" }, degrees(lat, lon))] : [];
  $("answers").replaceChildren(...where, ...(answers.length ? answers.map(worded) : ["No system is shown."]));
  $("answers").dataset.answers = JSON.stringify(answers);
  $("panel").hidden = false;
  chart.data("chosen", [{ lon, lat }]);
  draw();
  remember();
}

function dismiss() {
  chosen = null;
  $("panel").hidden = true;
  chart.data("chosen", []);
  draw();
  remember();
  figure.focus();
}

/** The place whose mark is nearest to a position, if one is near. */
function placeAt(x, y) {
  const projection = view.projected();
  let best = null;
  let least = NEAR;
  for (const place of places) {
    if (!shownVerdict(place)) continue;
    const at = view.position(place.lon, place.lat, projection);
    const away = at ? Math.hypot(at[0] - x, at[1] - y) : Infinity;
    if (away < least) [best, least] = [place, away];
  }
  return best;
}

function click(x, y) {
  const place = placeAt(x, y);
  if (place) return choose(place.lon, place.lat, place.name);
  const point = view.point(x, y);
  if (point) choose(point[0], point[1], null);
}

// ---------------------------------------------------------------- search

const fold = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").replace(/['’ʼ`-]/g, "").toLowerCase().trim();
const folded = [...places, ...towns].map((place) => [fold(place.name), place]);

/** A position as people type it: 46.6, 32.6 or 46°38'N 32°36'E; null if it is none. */
function position(text) {
  const plain = /^\s*([+\-−]?\d+(?:\.\d+)?)\s*°?\s*[,;\s]\s*([+\-−]?\d+(?:\.\d+)?)\s*°?\s*$/u.exec(text);
  const number = (digits) => Number(digits.replace("−", "-"));
  const part = /(\d+(?:\.\d+)?)\s*°\s*(?:(\d+(?:\.\d+)?)\s*['′’]\s*)?(?:(\d+(?:\.\d+)?)\s*["″”]\s*)?([NSEW])/giu;
  const parts = [...text.matchAll(part)].map(([, whole, minutes = 0, seconds = 0, side]) => {
    const value = Number(whole) + Number(minutes) / 60 + Number(seconds) / 3600;
    return { value: /[SW]/i.test(side) ? -value : value, isLat: /[NS]/i.test(side) };
  });
  let found = null;
  if (plain) found = [number(plain[1]), number(plain[2])];
  else if (parts.length === 2 && parts[0].isLat !== parts[1].isLat) found = [parts.find((p) => p.isLat).value, parts.find((p) => !p.isLat).value];
  if (!found || Math.abs(found[0]) > 90 || Math.abs(found[1]) > 180) return null;
  return { lat: found[0], lon: found[1] };
}

function find(text) {
  const wanted = fold(text);
  if (!wanted) return null;
  const named = (fits) => folded.find(([name]) => fits(name))?.[1];
  return named((name) => name === wanted) ?? named((name) => name.startsWith(wanted)) ?? named((name) => name.includes(wanted)) ?? null;
}

function search(text) {
  const typed = position(text);
  const place = typed ? null : find(text);
  $("said").textContent = "";
  if (!typed && !place) {
    $("said").textContent = text.trim() ? "No place of this map has that name, and it is no position such as 46.63, 32.60." : "";
    return;
  }
  const { lon, lat } = typed ?? place;
  reveal(lon, lat, place ? place.name : null);
}

/** Answer for a point, and bring it into view. */
function reveal(lon, lat, name) {
  choose(lon, lat, name);
  const at = view.position(lon, lat);
  const [width, height] = size();
  if (!at || at[0] < 20 || at[1] < 20 || at[0] > width - 20 || at[1] > height - 20) {
    view.show(lon, lat);
    moved();
  }
}

function suggest() {
  const wanted = fold($("search").value);
  const fits = wanted.length < 2 ? [] : folded.filter(([name]) => name.startsWith(wanted)).slice(0, 12);
  $("suggestions").replaceChildren(...[...new Set(fits.map(([, { name }]) => name))].map((value) => element("option", { value })));
}

// ---------------------------------------------------------------- the view in the address

function remember() {
  const parts = [`p=${view.projection}`, `c=${view.lat.toFixed(4)},${view.lon.toFixed(4)}`, `z=${(view.zoom / Math.min(...size())).toPrecision(5)}`];
  if (view.moved.some((by) => by)) parts.push(`m=${view.moved.map((by) => (by / view.zoom).toPrecision(5)).join(",")}`);
  if (hidden.size) parts.push(`h=${[...hidden].join(",")}`);
  if (chosen) parts.push(`at=${chosen.lat.toFixed(6)},${chosen.lon.toFixed(6)}`);
  try {
    history.replaceState(null, "", `#${parts.join("&")}`);
  } catch {
    // Some browsers forbid it for files; the link button still works.
  }
  return parts.join("&");
}

function recall() {
  const given = new URLSearchParams(location.hash.slice(1));
  const numbers = (key) => (given.get(key) ?? "").split(",").filter(Boolean).map(Number);
  if (Object.keys(D3_NAMES).includes(given.get("p"))) view.fit(given.get("p"));
  const centre = numbers("c");
  const zoom = Number(given.get("z"));
  if (centre.length === 2 && centre.every(Number.isFinite) && Math.abs(centre[0]) <= 90) [view.lat, view.lon] = [centre[0], turned(centre[1])];
  if (zoom > 0 && Number.isFinite(zoom)) view.zoom = clamp(zoom * Math.min(...size()), view.least, 4e5);
  const by = numbers("m");
  if (by.length === 2 && by.every(Number.isFinite)) view.moved = by.map((part) => part * view.zoom);
  for (const system of numbers("h")) if (page.ranges[system]) hidden.add(system);
  const at = numbers("at");
  return at.length === 2 && at.every(Number.isFinite) && Math.abs(at[0]) <= 90 ? { lat: at[0], lon: turned(at[1]) } : null;
}

// ---------------------------------------------------------------- hands

function wire() {
  const fingers = new Map();
  let start = null;
  const at = (event) => {
    const box = figure.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  figure.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    figure.setPointerCapture(event.pointerId);
    fingers.set(event.pointerId, at(event));
    start = fingers.size === 1 ? at(event) : null;
  });
  figure.addEventListener("pointermove", (event) => {
    const before = fingers.get(event.pointerId);
    if (!before) return;
    const now = at(event);
    if (start && Math.hypot(now[0] - start[0], now[1] - start[1]) < 4) return;
    start = null;
    const other = [...fingers].find(([id]) => id !== event.pointerId)?.[1];
    if (other) {
      const wide = (p) => Math.max(8, Math.hypot(p[0] - other[0], p[1] - other[1]));
      view.enlarge(wide(now) / wide(before), (now[0] + other[0]) / 2, (now[1] + other[1]) / 2);
      view.drag((now[0] - before[0]) / 2, (now[1] - before[1]) / 2);
    } else {
      view.drag(now[0] - before[0], now[1] - before[1]);
    }
    fingers.set(event.pointerId, now);
    moved();
  });
  const lift = (event) => {
    const known = fingers.delete(event.pointerId);
    if (known && start && event.type === "pointerup") click(...start);
    start = null;
  };
  figure.addEventListener("pointerup", lift);
  figure.addEventListener("pointercancel", lift);
  figure.addEventListener("wheel", (event) => {
    event.preventDefault();
    view.enlarge(Math.exp(-clamp(event.deltaY * (event.deltaMode ? 24 : 1), -200, 200) / 400), ...at(event));
    moved();
  }, { passive: false });
  figure.addEventListener("dblclick", (event) => event.preventDefault());
  const enlarge = (factor) => {
    const [width, height] = size();
    view.enlarge(factor, width / 2, height / 2);
    moved();
  };
  const home = () => {
    view.fit(view.projection);
    moved();
  };
  const keys = {
    ArrowLeft: () => view.drag(60, 0), ArrowRight: () => view.drag(-60, 0),
    ArrowUp: () => view.drag(0, 60), ArrowDown: () => view.drag(0, -60),
    "+": () => enlarge(1.4), "=": () => enlarge(1.4), "-": () => enlarge(1 / 1.4), 0: home, Home: home,
    Enter: () => choose(...view.middle(), null),
  };
  figure.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !(event.key in keys)) return;
    event.preventDefault();
    keys[event.key]();
    moved();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !$("panel").hidden) dismiss();
  });
  $("in").addEventListener("click", () => enlarge(1.6));
  $("out").addEventListener("click", () => enlarge(1 / 1.6));
  $("home").addEventListener("click", home);
  $("close").addEventListener("click", dismiss);
  $("print").addEventListener("click", () => window.print());
  $("projection").addEventListener("change", () => {
    view.fit($("projection").value);
    moved();
  });
  $("find").addEventListener("submit", (event) => {
    event.preventDefault();
    search($("search").value);
  });
  $("search").addEventListener("input", suggest);
  $("link").addEventListener("click", async () => {
    const link = `${location.href.split("#")[0]}#${remember()}`;
    try {
      await navigator.clipboard.writeText(link);
      $("said").textContent = "The link to this view is copied.";
    } catch {
      $("said").textContent = link;
    }
  });
  for (const box of document.querySelectorAll("#layers input")) {
    const system = Number(box.value);
    box.checked = !hidden.has(system);
    box.addEventListener("change", () => {
      if (box.checked) hidden.delete(system);
      else hidden.add(system);
      showLayers();
      if (chosen) choose(chosen.lon, chosen.lat, chosen.name);
      settle();
    });
  }
  for (const button of document.querySelectorAll("#places button")) {
    const place = places[Number(button.value)];
    button.addEventListener("click", () => reveal(place.lon, place.lat, place.name));
  }
  let before = String(size());
  new ResizeObserver(() => {
    if (before !== String(size())) moved();
    before = String(size());
  }).observe(figure);
  window.addEventListener("hashchange", () => {
    const point = recall();
    $("projection").value = view.projection;
    if (point) choose(point.lon, point.lat, null);
    moved();
  });
}

const point = recall();
$("projection").value = view.projection;
wire();
showLayers();
settle().then(() => {
  if (point) {
    const same = places.find(({ lon, lat }) => Math.abs(lon - point.lon) < 1e-6 && Math.abs(lat - point.lat) < 1e-6);
    choose(point.lon, point.lat, same?.name ?? null);
  }
  document.body.dataset.ready = "true";
});
