"use strict";
/* The panel of the selected location: pictures, chances, reasons, next and previous. */
(function () {
  const app = window.firstnotice;
  const { make, legend, percent, number, review } = app;
  const panel = document.getElementById("panel");
  const NO_PICTURE = {
    "-1": "No picture pair of this building in this run: nothing to look at was seen, or no image shows it.",
    "-2": "Picture not inlined to keep this file small; see the evidence folder.",
    "-3": "The picture could not be read; see the run's log.",
  };
  let swipe = false;

  const badge = (look, words) => {
    const node = make("span", "badge", words);
    node.style.background = look.fill; node.style.color = look.ink; node.style.borderColor = look.line;
    return node;
  };
  const button = (words, title, act) => {
    const node = make("button", "", words);
    node.type = "button"; node.title = title; node.setAttribute("aria-label", title);
    node.addEventListener("click", act);
    return node;
  };
  /* what the model looked at, with its own legend */
  const look = (text) => {
    const figure = make("figure", "look");
    const image = make("img");
    image.alt = "what the model looked at"; image.src = app.jpeg(text);
    const caption = make("figcaption", ""), scale = make("span", "heat");
    scale.style.background = `linear-gradient(to right, ${legend.heat.join(", ")})`;
    caption.append(make("b", "", "What the model looked at"), make("span", "", "less"), scale, make("span", "", "more"));
    caption.title = "The picture after, tinted where the model saw signs of damage; strengths of two homes do not compare";
    figure.append(image, caption);
    return figure;
  };
  const shot = (side, text, at, scene) => {
    const figure = make("figure", side);
    const image = make("img");
    image.alt = `${side} the event`;
    image.src = app.jpeg(text);
    const caption = make("figcaption", "");
    caption.append(make("b", "", side === "before" ? "Before" : "After"), make("span", "", at || "date not known"));
    caption.title = scene || "";
    figure.append(image, caption);
    return figure;
  };

  const pictures = (row) => {
    const box = make("section", "pictures");
    if (row.picture < 0) { box.append(make("p", "empty", NO_PICTURE[row.picture])); return box; }
    const pair = app.picture(row.picture);
    const frame = make("div", swipe ? "pair swipe" : "pair");
    const before = shot("before", pair.pre, row.preAt, row.preScene);
    const after = shot("after", pair.post, row.postAt, row.postScene);
    frame.append(before, after);
    box.append(frame);
    const bar = make("div", "modes");
    if (swipe) {
      const slider = make("input");
      slider.type = "range"; slider.min = 0; slider.max = 100; slider.value = 50;
      slider.setAttribute("aria-label", "Swipe between before and after");
      const move = () => frame.style.setProperty("--cut", `${slider.value}%`);
      slider.addEventListener("input", move); move();
      frame.append(slider);
    }
    for (const [words, on] of [["Side by side", false], ["Swipe", true]]) {
      const choice = button(words, `${words} (S)`, () => { swipe = on; app.showPanel(row); });
      choice.setAttribute("aria-pressed", String(swipe === on));
      bar.append(choice);
    }
    box.append(bar);
    if (pair.look) box.append(look(pair.look));
    return box;
  };
  const evidence = (row) => {
    const box = make("section", "evidence");
    if (row.evidence) box.append(make("h3", "", "What the pictures show"), make("p", "", row.evidence));
    return box;
  };
  const weather = (row) => {
    const box = make("section", "weather");
    if (!row.hazards) return box;
    const list = make("ul", "");
    for (const phrase of row.hazards.split("; ")) list.append(make("li", "", phrase));
    box.append(make("h3", "", "What the weather was here"), list);
    return box;
  };
  app.toggleSwipe = () => { swipe = !swipe; if (app.selected !== null) app.showPanel(app.rows[app.selected]); };

  const bar = (words, chance, look, title) => {
    const line = make("div", "bar");
    const track = make("span", "track"), fill = make("span", "fill");
    fill.style.width = `${(chance || 0) * 100}%`; fill.style.background = look;
    track.append(fill);
    line.append(make("span", "", words), track, make("b", "", percent(chance)));
    line.title = title;
    return line;
  };
  const chances = (row) => {
    const box = make("section", "chances");
    const tiers = legend.tiers;
    const said = review(row);
    box.append(make("h3", "", "Chance of damage"));
    if (said) box.append(make("p", "quiet", "A person's grade stands; the picture's own chances are beside it."));
    box.append(
      bar("Damaged", row.pDamage, tiers.T2.fill, "minor or worse, from image and hazard together"),
      bar("Severe", row.pSevere, tiers.T3.fill, "major or worse, from image and hazard together"),
      bar("Hazard alone", row.prior, "#8a9aa8", "minor or worse, before any picture was looked at"));
    if (row.pNone === null) { box.append(make("p", "quiet", "No picture was graded: hazard alone speaks here.")); return box; }
    const parts = [["none", row.pNone, tiers.T0], ["minor", row.pMinor, tiers.T2], ["major", row.pMajor, tiers.T3], ["destroyed", row.pDestroyed, tiers.T4]];
    const stack = make("div", "stack"), words = make("p", "quiet", "Picture alone: ");
    for (const [name, chance, look] of parts) {
      const part = make("span", "");
      part.style.flexGrow = chance; part.style.background = look.fill; part.title = `${name} ${percent(chance)}`;
      stack.append(part);
    }
    words.append(parts.map(([name, chance]) => `${name} ${percent(chance)}`).join(" · "));
    box.append(stack, words);
    return box;
  };

  const facts = (row) => {
    const list = make("dl", "facts");
    const add = (term, value, more) => {
      if (value === null || value === undefined || value === "") return;
      const cell = make("dd", "", value);
      if (more) cell.append(make("small", "", more));
      list.append(make("dt", "", term), cell);
    };
    add("Reviewed", review(row));
    add("Status", legend.statuses[row.status].words, row.statusReason);
    add("Decision", legend.decisions[row.decision].label, row.decisionReasons);
    add("Cover, on paper", legend.coverages[row.coverage].label, row.coverageReasons);
    add("Incident", row.incident);
    add("Date of loss", row.lossDate);
    add("Wind or water", row.windOrWater);
    add("Gust", row.gustMph === null ? null : `${number(row.gustMph)} mph`, row.basis);
    add("Building value", row.value ? `${number(row.value)} ${row.currency}` : "not in the book");
    add("Deductible", row.deductible === null ? "not stated" : `${number(row.deductible)} ${row.currency}`);
    add("Seen clearly", row.usable === null ? null : percent(row.usable));
    add("Shift corrected", row.shiftM === null ? null : `${row.shiftM} m`);
    add("Scenes", row.preScene || row.postScene ? `${row.preScene || "none"} / ${row.postScene || "none"}` : null);
    add("Building", row.building);
    add("Geocode class", String(row.geocode));
    add("Place", row.lat === null ? null : `${row.lat.toFixed(6)}, ${row.lon.toFixed(6)}`);
    return list;
  };

  /** Show a row, or nothing. */
  app.showPanel = (row) => {
    const wasHidden = panel.hidden;
    panel.hidden = !row;
    panel.replaceChildren();
    if (wasHidden !== panel.hidden) app.map.invalidateSize({ animate: false, pan: false });
    if (!row) return;
    const place = app.visible.indexOf(row);
    const bar = make("div", "steps");
    bar.append(
      button("‹", "Previous (K or up)", () => app.step(-1)),
      make("span", "", place < 0 ? "not in the filter" : `${number(place + 1)} of ${number(app.visible.length)}`),
      button("›", "Next (J or down)", () => app.step(1)), make("i", ""),
      button("Zoom to", "Zoom to the building (Z)", () => app.zoomTo(row)),
      button("✕", "Close (Esc)", () => app.select(null)));
    const head = make("div", "head");
    head.append(badge(legend.tiers[row.tier], `${row.tier} ${legend.tiers[row.tier].label}`),
      badge(legend.decisions[row.decision], legend.decisions[row.decision].label));
    if (row.reviewed === "yes") head.append(make("span", "badge reviewed", `✓ reviewed: ${row.reviewedGrade}`));
    const title = make("h2", "", row.policy);
    title.append(make("small", "", `account ${row.account} · location ${row.location} · rank ${number(row.index + 1)}`));
    panel.append(bar, head, title, pictures(row), evidence(row), chances(row), weather(row), facts(row), make("p", "quiet note", legend.note));
    panel.dataset.policy = row.policy;
    panel.scrollTop = 0;
  };
})();
