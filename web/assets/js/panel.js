// The evidence of one home.

import { get, make, percent, post, say, told } from "./api.js";

const panel = document.getElementById("panel");

export async function show(row) {
  const home = await get(`/homes/${row}`);
  panel.replaceChildren(...parts(home));
  panel.hidden = false;
  panel.dataset.policy = home.policy;
  say(`${home.policy}: ${home.tier}, ${home.tierWords}`);
  return home;
}

export function hide() {
  panel.hidden = true;
  panel.replaceChildren();
}

function parts(home) {
  const tier = told.tiers.find((each) => each.code === home.tier);
  const sign = make("span", { className: "sign tier" }, home.tier);
  Object.assign(sign.style, { background: tier.fill, color: tier.ink, borderColor: tier.line });
  const close = make("button", { type: "button", className: "close", title: "Close (Esc)" }, "Close");
  close.addEventListener("click", () => panel.dispatchEvent(new CustomEvent("close")));
  const link = `${location.origin}${location.pathname}?home=${encodeURIComponent(home.home)}`;
  return [
    close,
    make("p", { className: "head" }, sign, ` ${home.tierWords}. `, make("strong", {}, home.decisionWords)),
    make("h2", {}, home.policy, make("small", {}, `location ${home.location}, building ${home.building ?? "none"}`)),
    pair(home),
    make("p", { className: "quiet" }, home.status),
    home.review ? make("p", { className: "good" }, `✓ reviewed: ${home.review}`) : null,
    make("h3", {}, "Chances"),
    make("ul", { className: "chances" }, ...home.chances.map(bar)),
    home.evidence ? make("h3", {}, "What the pictures show") : null,
    home.evidence ? make("p", {}, home.evidence) : null,
    make("h3", {}, "Weather at the home"),
    make("ul", {}, ...home.hazards.map((each) => make("li", {}, each))),
    facts(home),
    incident(home),
    contact(home),
    make("p", {}, make("a", { href: link, className: "permalink" }, "Link to this home")),
    make("p", { className: "note" }, home.note),
  ].filter((part) => part !== null);
}

function pair(home) {
  if (!home.hasPair) return make("p", { className: "empty" }, "No picture pair of this building.");
  const figures = ["before", "after"].map((side) => {
    const image = make("img", { src: `${told.api}/homes/${home.row}/${side}.jpg`, alt: `The building ${side} the event`, width: 448, height: 448 });
    image.addEventListener("error", () => image.replaceWith(make("p", { className: "empty" }, "No picture.")));
    return make("figure", {}, image, make("figcaption", {}, side === "before" ? "Before" : "After"));
  });
  return make("div", { className: "pair" }, ...figures);
}

function bar({ of, value }) {
  const fill = make("span", { className: "fill" });
  fill.style.width = `${value * 100}%`;
  return make("li", {}, make("span", {}, of), make("span", { className: "track" }, fill), make("b", {}, percent(value)));
}

function facts(home) {
  const rows = home.facts.flatMap(([name, words]) => [make("dt", {}, name), make("dd", {}, words)]);
  return make("dl", { className: "facts" }, ...rows);
}

function incident(home) {
  if (!home.incident) return make("p", { className: "quiet" }, "No incident is open.");
  const stands = home.incidentStands;
  const history = (stands?.history ?? []).map((each) => make("li", {}, `${each.at}: ${each.what} (${each.by})`));
  return make("section", {},
    make("h3", {}, `Incident ${home.incident}`),
    make("p", {}, stands ? `Stands at: ${stands.stateWords}` : "The ledger has no such incident."),
    make("details", {}, make("summary", {}, "History"), make("ol", { className: "history" }, ...history)));
}

function contact(home) {
  if (!told.mayContact) return null;
  const box = make("section", { className: "contact" });
  const button = make("button", { type: "button" }, "Show contact (logged)");
  button.addEventListener("click", async () => {
    try {
      const said = await post(`/homes/${home.row}/contact`);
      const rows = [["Name", said.insured_name], ["Address", said.address], ["Prefers", said.contact_channel],
        ["Reach", said.contact], ["Language", said.language], ["Consent", said.consent]];
      box.replaceChildren(make("h3", {}, "Contact"), make("dl", { className: "facts" },
        ...rows.flatMap(([name, words]) => [make("dt", {}, name), make("dd", {}, words || "not shown")])));
    } catch (error) {
      box.append(make("p", { className: "problem", role: "alert" }, error.message));
    }
  });
  box.append(button);
  return box;
}
