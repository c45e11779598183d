"use strict";
/* Filters, search and the list, worst first; only the rows in view exist as elements. */
(function () {
  const app = window.firstnotice;
  const { rows, make, legend, number, percent, review } = app;
  const ROW_PX = 34;
  const list = document.getElementById("list");
  const search = document.getElementById("search");
  const count = document.getElementById("count");
  const reset = document.getElementById("reset");
  const off = { tier: new Set(), decision: new Set(), status: new Set(), reviewed: new Set() };

  const chanceOf = (row) => {
    const node = make("span", "chance", percent(row.pSevere));
    node.setAttribute("aria-label", `${percent(row.pSevere)} chance of severe damage`);
    return node;
  };
  const spacer = make("div", "spacer");
  list.append(spacer);
  const drawList = () => {
    const first = Math.max(0, Math.floor(list.scrollTop / ROW_PX) - 4);
    drawItems(first, first + Math.ceil(list.clientHeight / ROW_PX) + 8);
  };
  const drawItems = (first, last) => {
    spacer.style.height = `${app.visible.length * ROW_PX}px`;
    spacer.replaceChildren(...app.visible.slice(first, last).map((row, i) => {
      const item = make("button", row.index === app.selected ? "item on" : "item");
      item.type = "button"; item.tabIndex = -1; item.style.top = `${(first + i) * ROW_PX}px`;
      const dot = make("span", "dot", row.tier), look = legend.tiers[row.tier];
      dot.style.background = look.fill; dot.style.color = look.ink; dot.style.borderColor = look.line;
      const said = review(row);
      item.append(make("span", "rank", number(row.index + 1)), dot);
      if (said) {
        const tick = make("span", "tick-mark", "✓");
        tick.title = `Reviewed by a person: ${said}`; tick.setAttribute("aria-label", tick.title); tick.setAttribute("role", "img");
        item.append(tick);
      }
      item.append(make("span", "policy", row.policy),
        make("span", "step", legend.decisions[row.decision].label), chanceOf(row));
      item.title = said ? `${row.policy}: reviewed by a person: ${said}`
        : `${row.policy}: ${percent(row.pSevere)} chance of severe damage`;
      item.addEventListener("click", () => app.select(row.index));
      return item;
    }));
  };
  /** The first rows shown, for paper. */
  app.drawHead = (count) => drawItems(0, count);
  app.drawList = drawList;
  list.addEventListener("scroll", drawList, { passive: true });
  window.addEventListener("resize", drawList);

  const counters = [];
  const passes = (row, but) => !Object.keys(off).some((key) => key !== but && off[key].has(row[key]));
  /** Filter anew; counts beside each choice say what it would show. */
  app.filter = () => {
    const words = search.value.trim().toLowerCase();
    const found = words ? rows.filter((row) => row.search.includes(words)) : rows;
    app.visible = found.filter((row) => passes(row, null));
    for (const { key, code, node } of counters) {
      node.textContent = number(found.filter((row) => row[key] === code && passes(row, key)).length);
    }
    const all = app.visible.length === rows.length;
    count.textContent = all ? `${number(rows.length)} locations, worst first`
      : `${number(app.visible.length)} of ${number(rows.length)} locations`;
    count.dataset.count = app.visible.length;
    if (app.data.undrawn) count.append(make("small", "", ` and ${number(app.data.undrawn)} lesser ones in event.gpkg only`));
    if (!rows.length) count.textContent = "No insured location is in the path yet.";
    else if (!app.visible.length) count.textContent = "Nothing matches the filters.";
    reset.hidden = all;
    document.getElementById("status-note").textContent = off.status.size ? `(${off.status.size} hidden)` : "";
    list.scrollTop = 0;
    app.drawRows(app.visible);
    drawList();
    if (app.selected !== null) app.showPanel(rows[app.selected]);
  };

  const check = (words, on, change) => {
    const label = make("label", "row");
    const box = make("input");
    box.type = "checkbox"; box.checked = on;
    box.addEventListener("change", () => change(box.checked));
    label.append(box);
    label.box = box;
    if (words) label.append(make("span", "words", words));
    return label;
  };
  const boxes = [];
  const addFilter = (key, looks, order) => {
    const holder = document.getElementById(`filter-${key}`);
    for (const code of order) {
      const look = looks[code];
      const label = check(null, true, (on) => { off[key][on ? "delete" : "add"](code); app.filter(); });
      label.box.value = code; label.box.name = key;
      boxes.push(label.box);
      const only = make("button", "only", "only");
      only.type = "button"; only.title = `Show only ${look.label}`;
      only.addEventListener("click", (e) => {
        e.preventDefault();
        for (const box of boxes) if (box.name === key) { box.checked = box.value === code; off[key][box.checked ? "delete" : "add"](box.value); }
        app.filter();
      });
      if (look.fill) {
        const dot = make("span", "swatch");
        dot.style.background = look.fill; dot.style.borderColor = look.line;
        label.append(dot);
      }
      const node = make("span", "number");
      counters.push({ key, code, node });
      label.append(make("span", "words", key === "tier" ? `${code} ${look.label}` : look.label), only, node);
      holder.append(label);
    }
  };
  addFilter("tier", legend.tiers, ["T4", "T3", "T2", "T1", "T0", "U"]);
  addFilter("decision", legend.decisions, Object.keys(legend.decisions));
  addFilter("status", legend.statuses, Object.keys(legend.statuses));
  addFilter("reviewed", legend.reviews, Object.keys(legend.reviews));
  document.getElementById("reviews").hidden = rows.every((row) => row.reviewed === "no");

  const toggles = document.getElementById("layer-toggles");
  for (const [name, layer] of Object.entries(app.layers)) {
    toggles.append(check(name, layer.on, layer.toggle));
    layer.toggle(layer.on);
  }

  /* a hazard's switch, its colours and from how strong each holds beneath */
  const hazards = document.getElementById("hazard-toggles");
  for (const layer of app.hazards) {
    const scale = make("div", "scale");
    for (const area of layer.areas) {
      const step = make("span", "", area.bound);
      step.style.borderTopColor = area.colour; step.title = area.label;
      scale.append(step);
    }
    const switchLayer = (on) => { layer.toggle(on); scale.hidden = !on; };
    const label = check(null, layer.on, switchLayer);
    const strip = make("span", "strip");
    strip.style.background = `linear-gradient(to right, ${layer.areas[0].colour}, ${layer.areas[layer.areas.length - 1].colour})`;
    label.append(strip, make("span", "words", layer.unit ? `${layer.name}, at least, ${layer.unit}` : layer.name));
    label.box.name = "hazard"; label.box.value = layer.name;
    hazards.append(label, scale);
    switchLayer(layer.on);
  }
  document.getElementById("hazards").hidden = !app.hazards.length;

  app.clearFilters = () => {
    for (const key of Object.keys(off)) off[key].clear();
    for (const box of boxes) box.checked = true;
    search.value = "";
    app.filter();
  };
  reset.addEventListener("click", app.clearFilters);
  search.addEventListener("input", app.filter);
  search.addEventListener("keydown", (e) => {
    if (e.key === "Enter" && app.visible.length) { app.select(app.visible[0].index); app.zoomTo(app.visible[0]); }
  });

  /* small windows begin with the map and the list; filters are a tap away */
  if (window.matchMedia("(max-width: 900px)").matches) document.getElementById("filters").open = false;

  /** Keep the selected row in view. */
  app.followList = (row) => {
    const place = app.visible.indexOf(row);
    if (place >= 0) {
      const top = place * ROW_PX;
      if (top < list.scrollTop) list.scrollTop = top;
      else if (top + ROW_PX > list.scrollTop + list.clientHeight) list.scrollTop = top + ROW_PX - list.clientHeight;
    }
    drawList();
  };
})();
