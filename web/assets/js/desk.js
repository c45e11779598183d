// The map page: what is picked where shows everywhere.

import { get, make, say, told } from "./api.js";
import * as chartRoom from "./chart.js";
import { list, build, highlight, step } from "./list.js";
import { hide, show } from "./panel.js";

const { chart } = chartRoom;
const slider = document.getElementById("cut");
const before = document.getElementById("before");
const swipeBox = document.getElementById("swipe");
let picked = null;
let turn = 0;

async function pick(row, { isMoving = true } = {}) {
  const mine = ++turn;
  const home = await show(row);
  if (mine !== turn) return;
  picked = home;
  highlight(row);
  chartRoom.mark(home);
  if (isMoving) chartRoom.goTo(home);
  history.replaceState(null, "", `?home=${encodeURIComponent(home.home)}`);
}

function unpick() {
  turn += 1;
  picked = null;
  hide();
  highlight(-1);
  chartRoom.mark(null);
  history.replaceState(null, "", location.pathname);
}

function setSwipe(isOn) {
  swipeBox.checked = isOn;
  slider.hidden = !isOn;
  chartRoom.swipe(before, isOn);
  cut();
}

function cut() {
  before.style.clipPath = `inset(0 ${100 - slider.value}% 0 0)`;
  document.getElementById("seam").style.left = `${slider.value}%`;
  document.getElementById("seam").hidden = slider.hidden;
}

async function addHazards() {
  const layers = await get("/hazards");
  const box = document.getElementById("hazards");
  layers.forEach((layer, place) => {
    const input = make("input", { type: "checkbox", value: layer.name });
    input.addEventListener("change", () => chartRoom.showHazard(place, layer, input.checked));
    const labels = layer.lines.features.map(({ properties }) => {
      const strip = make("span", { className: "strip" });
      strip.style.background = properties.colour;
      return make("li", {}, strip, properties.label);
    });
    box.append(make("label", { className: "choice" }, input, make("span", { className: "words" }, layer.name)),
      make("ul", { className: "scale" }, ...labels));
  });
}

const KEYS = {
  j: () => step(1), k: () => step(-1), s: () => swipeBox.disabled || setSwipe(!swipeBox.checked),
  "/": () => document.getElementById("search").focus(), Escape: unpick,
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const isTyping = event.target.matches("input[type=search], input[type=text]");
  if (isTyping && event.key !== "Escape") return;
  const act = KEYS[event.key];
  if (act) { event.preventDefault(); act(); }
});

list.onPick = (row) => pick(row);
list.onFilter = (query) => chartRoom.filter(query);
chart.onPick = (row) => pick(row, { isMoving: false });
document.getElementById("panel").addEventListener("close", unpick);
swipeBox.addEventListener("change", () => setSwipe(swipeBox.checked));
slider.addEventListener("input", cut);
swipeBox.disabled = !told.hasPictures;
const map = chartRoom.open("map");
chart.onLoad = async () => {
  await addHazards();
  const wanted = new URLSearchParams(location.search).get("home");
  if (wanted) {
    try {
      const found = await get(`/find?home=${encodeURIComponent(wanted)}`);
      await pick(found.row);
    } catch { say("That home is not in this run."); }
  }
};
map.once("idle", () => { document.body.dataset.ready = Math.round(performance.now()); });
window.firstnotice = { chart, list, get picked() { return picked; } };
build();
