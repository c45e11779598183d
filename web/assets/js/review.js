// The review queue: the pair first, the score after the answer.

import { get, make, percent, post, say, told } from "./api.js";

const KEYS = { 0: "T0", 1: "T1", 2: "T2", 3: "T3", 4: "T4", u: "U" };
const WORDS = { T0: "No damage", T1: "Affected", T2: "Minor", T3: "Major", T4: "Destroyed", U: "Cannot tell" };
const state = { building: null, isBusy: false, loaded: 0 };

function addAnswers() {
  const box = document.getElementById("answers");
  for (const [key, tier] of Object.entries(KEYS)) {
    const look = told.tiers.find((each) => each.code === tier);
    const button = make("button", { type: "button", className: "answer" }, make("kbd", {}, key.toUpperCase()), ` ${WORDS[tier]}`);
    button.dataset.tier = tier;
    button.style.borderColor = look.line;
    button.addEventListener("click", () => judge(tier));
    box.append(button);
  }
}

function isBusy(flag) {
  state.isBusy = flag;
  document.body.dataset.busy = flag;
}

async function load() {
  isBusy(true);
  try {
    const next = await get("/review/next");
    tellProgress(next);
    state.building = next.building;
    document.getElementById("queue").hidden = next.done;
    if (next.done) {
      document.getElementById("told-after").append(make("p", { className: "good done" }, "Nothing is left for you to look at."));
      return;
    }
    await Promise.all(["before", "after"].map(draw));
    document.getElementById("home").textContent = `Building ${next.building}`;
    document.body.dataset.building = next.building;
    say("Next home");
  } finally {
    isBusy(false);
  }
}

function draw(side) {
  const image = document.getElementById(`pair-${side}`);
  image.src = `${told.api}/review/${side}.jpg?building=${encodeURIComponent(state.building)}`;
  return image.decode().catch(() => {});
}

async function judge(tier) {
  if (state.isBusy || !state.building) return;
  isBusy(true);
  try {
    const said = await post("/review", { building: state.building, tier });
    reveal(tier, said);
  } catch (error) {
    say(error.message);
    document.getElementById("told-after").replaceChildren(make("p", { className: "problem", role: "alert" }, error.message));
  }
  await load();
}

function reveal(tier, said) {
  const others = said.others.length ? ` Others said ${said.others.join(", ")}.` : "";
  const waits = said.readers < said.wanted ? " Another person will look at it, too." : "";
  const chances = said.chances.slice(0, 2).map(({ of, value }) => make("li", {}, `${of}: ${percent(value)}`));
  document.getElementById("told-after").replaceChildren(
    make("p", { className: "answered" }, `You said ${tier} (${WORDS[tier].toLowerCase()}) of ${said.building}; the model says ${said.model}.${others}${waits}`),
    make("ul", {}, ...chances),
    said.evidence ? make("p", { className: "quiet" }, said.evidence) : "",
  );
}

async function undo() {
  if (state.isBusy) return;
  isBusy(true);
  try {
    await post("/review/undo");
    document.getElementById("told-after").replaceChildren(make("p", {}, "Taken back: look again."));
  } catch (error) {
    document.getElementById("told-after").replaceChildren(make("p", { className: "problem", role: "alert" }, error.message));
  }
  await load();
}

function tellProgress(said) {
  const agreed = said.pairs ? `; two readers agree on ${said.agreed} of ${said.pairs}` : "";
  const pace = said.medianSeconds === null ? "" : `; ${Math.round(said.medianSeconds)} s a home`;
  document.getElementById("progress").textContent =
    `${said.judged} of ${said.homes} homes looked at, ${said.mine} by you, ${said.waiting} wait for another reader${agreed}${pace}`;
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  const key = event.key.toLowerCase();
  if (key in KEYS) judge(KEYS[key]);
  else if (key === "z") undo();
});
document.getElementById("undo").addEventListener("click", undo);
addAnswers();
load();
