// The list beside the map: filters, search, worst first.

import { get, make, percent, say, told } from "./api.js";

const chosen = { tier: new Set(), decision: new Set(), status: new Set() };
const state = { text: "", homes: [], total: 0, at: -1, asked: 0 };
export const list = { onPick: () => {}, onFilter: () => {}, state };

export function query() {
  const said = new URLSearchParams();
  for (const [name, codes] of Object.entries(chosen)) {
    for (const code of codes) said.append(name, code);
  }
  return said.toString();
}

export function build() {
  const counts = { tier: told.by_tier, decision: told.by_decision, status: {} };
  addChoices("tier", told.tiers, counts.tier);
  addChoices("decision", told.decisions, counts.decision);
  addChoices("status", told.statuses, counts.status);
  const search = document.getElementById("search");
  let waiting = 0;
  search.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => { state.text = search.value; load(); }, 150);
  });
  search.addEventListener("keydown", async (event) => {
    if (event.key !== "Enter") return;
    clearTimeout(waiting);
    state.text = search.value;
    await load();
    if (state.homes.length) list.onPick(state.homes[0].row);
  });
  document.getElementById("reset").addEventListener("click", reset);
  document.getElementById("more").addEventListener("click", () => load(state.homes.length));
  return load();
}

function addChoices(name, choices, counts) {
  const box = document.getElementById(`choose-${name}`);
  for (const { code, words, fill, ink, line } of choices) {
    const input = make("input", { type: "checkbox", name, value: code });
    input.addEventListener("change", () => {
      if (input.checked) chosen[name].add(code);
      else chosen[name].delete(code);
      changed();
    });
    const sign = make("span", { className: `sign ${name}` }, name === "tier" ? code : "");
    if (fill) Object.assign(sign.style, { background: fill, color: ink ?? "", borderColor: line ?? fill });
    const count = counts[code] === undefined ? null : counts[code].toLocaleString("en");
    box.append(make("label", { className: "choice" }, input, sign,
      make("span", { className: "words" }, words), make("span", { className: "number" }, count ?? "")));
  }
}

function changed() {
  const isAll = !query();
  document.getElementById("reset").hidden = isAll;
  list.onFilter(query());
  load();
}

export function reset() {
  for (const codes of Object.values(chosen)) codes.clear();
  for (const box of document.querySelectorAll(".choice input")) box.checked = false;
  document.getElementById("search").value = state.text = "";
  changed();
}

export async function load(offset = 0) {
  const turn = ++state.asked;
  const said = new URLSearchParams(query());
  if (state.text.trim()) said.set("q", state.text);
  document.getElementById("save").href = `${told.api}/homes.csv?${said}`;
  said.set("offset", offset);
  const found = await get(`/homes?${said}`);
  if (turn !== state.asked) return;
  state.homes = offset ? [...state.homes, ...found.homes] : found.homes;
  state.total = found.total;
  if (!offset) state.at = -1;
  draw();
}

function draw() {
  const box = document.getElementById("list");
  box.replaceChildren(...state.homes.map((home, place) => drawItem(home, place)));
  document.getElementById("more").hidden = state.homes.length >= state.total;
  const count = `${state.total.toLocaleString("en")} of ${told.total.toLocaleString("en")} homes`;
  document.getElementById("count").textContent = state.total ? count : "Nothing matches.";
  say(count);
}

function drawItem(home, place) {
  const tier = told.tiers.find((each) => each.code === home.tier);
  const step = told.decisions.find((each) => each.code === home.decision);
  const sign = make("span", { className: "sign tier" }, home.tier);
  Object.assign(sign.style, { background: tier.fill, color: tier.ink, borderColor: tier.line });
  const item = make("button", { className: "item", type: "button" }, sign,
    make("span", { className: "policy" }, home.policy_number,
      make("small", {}, ` ${home.location_number}${home.reviewed ? " ✓ reviewed" : ""}`)),
    make("span", { className: "step" }, step.words),
    make("span", { className: "chance", title: "chance of major damage or worse" }, percent(home.p_severe)));
  item.dataset.row = home.row;
  item.addEventListener("click", () => { state.at = place; list.onPick(home.row); });
  return make("li", {}, item);
}

export function highlight(row) {
  state.at = state.homes.findIndex((home) => home.row === row);
  for (const item of document.querySelectorAll("#list .item")) {
    const isIt = Number(item.dataset.row) === row;
    item.classList.toggle("on", isIt);
    if (isIt) item.scrollIntoView({ block: "nearest" });
    if (isIt) item.setAttribute("aria-current", "true");
    else item.removeAttribute("aria-current");
  }
}

export function step(by) {
  const next = Math.min(Math.max(state.at + by, 0), state.homes.length - 1);
  if (state.homes[next]) list.onPick(state.homes[next].row);
}
