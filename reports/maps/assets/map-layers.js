"use strict";
/* Everything drawn on the map: graticule, backdrops, hazard, scenes, buildings, findings. */
(function () {
  const app = window.firstnotice;
  const { data, rows, make, legend, review } = app;
  const OUTLINES_FROM_ZOOM = 17.5;
  const LABEL_GAP_PX = 120;

  const map = L.map("map", {
    preferCanvas: true, keyboard: false, maxZoom: 21, minZoom: 2, zoomSnap: 0.5, worldCopyJump: true,
    zoomControl: false,
  });
  app.map = map;
  map.attributionControl.remove();
  L.control.zoom({ position: "bottomright" }).addTo(map);
  L.control.scale({ position: "bottomleft", maxWidth: 140 }).addTo(map);
  for (const [name, z] of [["base", 205], ["ground", 210], ["lines", 250], ["areas", 350], ["homes", 420], ["mark", 460]]) {
    map.createPane(name).style.zIndex = z;
  }
  const canvas = Object.fromEntries(
    ["lines", "areas", "homes", "mark"].map((pane) => [pane, L.canvas({ pane, padding: 0.2, tolerance: 2 })]));
  map.getPane("lines").style.pointerEvents = "none";
  map.getPane("mark").style.pointerEvents = "none";

  const text = (className, words) => {
    const node = make("span", className, words);
    return L.divIcon({ html: node, className: "map-text", iconSize: null });
  };

  /* graticule: a neutral ground instead of tiles from the network */
  const graticule = L.layerGroup().addTo(map);
  const STEPS = [30, 10, 5, 2, 1, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001, 0.0005];
  const drawGraticule = () => {
    graticule.clearLayers();
    const view = map.getBounds();
    const degreesPerPx = (view.getEast() - view.getWest()) / Math.max(1, map.getSize().x);
    const step = STEPS.filter((s) => s / degreesPerPx >= LABEL_GAP_PX).pop() || STEPS[0];
    const digits = Math.max(0, Math.ceil(-Math.log10(step)));
    const line = (from, to) => graticule.addLayer(L.polyline([from, to], {
      renderer: canvas.lines, pane: "lines", color: "#b9c4cd", weight: 1, opacity: 0.7, interactive: false }));
    const label = (at, words, side) => graticule.addLayer(L.marker(at, {
      icon: text(`tick ${side}`, words), interactive: false, pane: "lines", keyboard: false }));
    const south = Math.max(-85, view.getSouth()), north = Math.min(85, view.getNorth());
    for (let lon = Math.ceil(view.getWest() / step) * step; lon <= view.getEast(); lon += step) {
      line([south, lon], [north, lon]);
      label([north, lon], `${Math.abs(lon).toFixed(digits)}° ${lon < 0 ? "W" : "E"}`, "top");
    }
    for (let lat = Math.ceil(south / step) * step; lat <= north; lat += step) {
      line([lat, view.getWest()], [lat, view.getEast()]);
      label([lat, view.getWest()], `${Math.abs(lat).toFixed(digits)}° ${lat < 0 ? "S" : "N"}`, "left");
    }
  };

  const groups = { };
  /* a map from the network, where the settings name one; without it nothing is asked for */
  const toggle = (layer) => (on) => (on ? layer.addTo(map) : layer.remove());
  if (data.baseMap) {
    const base = L.tileLayer(data.baseMap.url, {
      pane: "base", maxNativeZoom: data.baseMap.maxZoom, maxZoom: 21, referrerPolicy: "no-referrer" });
    groups["Base map (online)"] = { toggle: toggle(base), on: true };
  }
  /* pictures of one label, say of one day, are switched together */
  const backdrops = new Map();
  app.backdrops.forEach((backdrop) => {
    if (!backdrops.has(backdrop.label)) backdrops.set(backdrop.label, L.layerGroup());
    L.imageOverlay(app.jpeg(backdrop.jpeg), backdrop.corners, { pane: "ground", alt: backdrop.label })
      .addTo(backdrops.get(backdrop.label));
  });

  /* a layer a hazard, wider and darker with strength; a white edge, to be seen over pictures */
  const drawHazard = (layer) => {
    const group = L.layerGroup();
    const darkest = layer.areas[layer.areas.length - 1].colour;
    /* of the northernmost places the easternmost: areas that share an edge are told side by side */
    const isBefore = (at, top) => !top || at[0] > top[0] || (at[0] === top[0] && at[1] > top[1]);
    layer.areas.forEach((area, step) => {
      const weight = 1.8 + step * 0.6;
      const line = { renderer: canvas.areas, pane: "areas", interactive: false };
      L.polygon(area.rings, { ...line, color: "#ffffff", weight: weight + 2.4, opacity: 0.6, fill: false }).addTo(group);
      L.polygon(area.rings, {
        ...line, color: area.colour, weight, opacity: 0.9, dashArray: step ? null : "7 5",
        fillOpacity: Math.max(0.03, 0.12 / layer.areas.length),
      }).addTo(group);
      let top = null;
      for (const ring of area.rings) for (const at of ring) if (isBefore(at, top)) top = at;
      const icon = text("hazard-label", area.label);
      icon.options.html.style.color = darkest;
      icon.options.html.style.borderColor = area.colour;
      if (top) L.marker(top, { icon, interactive: false, keyboard: false }).addTo(group);
    });
    return group;
  };

  const scenes = L.layerGroup();
  for (const scene of data.scenes) {
    const shape = L.polygon(scene.rings, {
      renderer: canvas.areas, pane: "areas", fill: false, weight: 1.5, dashArray: "2 4",
      color: legend.sceneLines[scene.role] });
    shape.bindTooltip(make("span", "", `${scene.role}: ${scene.id}, ${scene.at}, ${scene.gsd}, ${scene.credit}`), { sticky: true });
    scenes.addLayer(shape);
  }

  /* buildings: outlines of what is in view, once a house is larger than its circle */
  const outlines = L.featureGroup().addTo(map);
  let shown = new Set();
  const drawOutlines = () => {
    outlines.clearLayers();
    if (map.getZoom() < OUTLINES_FROM_ZOOM || !app.showBuildings) return;
    const view = map.getBounds().pad(0.1);
    for (const row of rows) {
      if (row.outline < 0 || row.lat === null || !shown.has(row.index) || !view.contains([row.lat, row.lon])) continue;
      const look = legend.tiers[row.tier];
      const shape = L.polygon(data.outlines[row.outline].map((ring) => [ring]), {
        renderer: canvas.areas, pane: "areas", color: look.line, weight: 2, fillColor: look.fill, fillOpacity: 0.25 });
      shape.row = row;
      outlines.addLayer(shape);
    }
  };

  /* a white edge, to be seen over dark pictures, and once there is room the tier's sign: colours alone
     do not tell tiers apart for everybody, nor on grey paper */
  const SIGN_FROM_PX = 6;
  const Home = L.CircleMarker.extend({
    _updatePath() {
      const { _ctx: pen, _drawing: isDrawing } = this._renderer;
      if (!isDrawing || this._empty()) return;
      const { x, y } = this._point;
      pen.globalAlpha = 0.85; pen.strokeStyle = "#ffffff"; pen.lineWidth = this.options.weight + 2.4;
      pen.beginPath(); pen.arc(x, y, this._radius, 0, 2 * Math.PI); pen.stroke();
      this._renderer._updateCircle(this);
      if (this._radius < SIGN_FROM_PX || this.row.reviewed === "yes") return;
      pen.globalAlpha = 1; pen.fillStyle = this.options.ink;
      pen.font = `700 ${Math.round(this._radius * 1.35)}px system-ui, sans-serif`;
      pen.textAlign = "center"; pen.textBaseline = "middle";
      pen.fillText(this.row.tier.replace("T", ""), x, y + 0.5);
    },
  });
  const radius = () => Math.max(3.5, Math.min(8.5, map.getZoom() - 9.5));
  const findings = L.featureGroup().addTo(map);
  const circles = rows.map((row) => {
    if (row.lat === null || row.lon === null) return null;
    const look = legend.tiers[row.tier];
    const acts = row.decision !== "none";
    const circle = new Home([row.lat, row.lon], {
      renderer: canvas.homes, pane: "homes", radius: 4, color: look.line, ink: look.ink,
      weight: acts ? 1.8 : 1, fillColor: look.fill, fillOpacity: acts ? 0.95 : 0.8 });
    circle.row = row;
    return circle;
  });
  /* a white heart: a person looked at this home */
  const hearts = L.layerGroup().addTo(map);
  const heartOf = (row) => L.circleMarker([row.lat, row.lon], {
    renderer: canvas.homes, pane: "homes", radius: radius() * 0.45, color: "#101820", weight: 1,
    fillColor: "#ffffff", fillOpacity: 1, interactive: false });
  const hint = (layer) => {
    const { row } = layer;
    const node = make("span", "");
    node.append(make("b", "", row.policy), make("br"),
      `${row.tier} ${legend.tiers[row.tier].label} · ${legend.decisions[row.decision].label}`);
    if (row.reviewed === "yes") node.append(make("br"), `✓ reviewed: ${review(row)}`);
    return node;
  };
  findings.bindTooltip(hint, { direction: "top", offset: [0, -6] });
  outlines.bindTooltip(hint, { sticky: true });
  for (const group of [findings, outlines]) group.on("click", (e) => app.select(e.layer.row.index));

  /** Draw these rows only, the worst on top. */
  app.drawRows = (visible) => {
    findings.clearLayers();
    hearts.clearLayers();
    shown = new Set(visible.map((row) => row.index));
    for (let i = visible.length - 1; i >= 0; i -= 1) {
      const circle = circles[visible[i].index];
      if (circle) { circle.options.radius = radius(); findings.addLayer(circle); }
      if (circle && visible[i].reviewed === "yes") hearts.addLayer(heartOf(visible[i]));
    }
    drawOutlines();
  };

  const ring = L.circleMarker([0, 0], {
    renderer: canvas.mark, pane: "mark", radius: 14, color: "#101820", weight: 3, fill: false, interactive: false });
  const halo = L.circleMarker([0, 0], {
    renderer: canvas.mark, pane: "mark", radius: 16.5, color: "#ffffff", weight: 2.5, fill: false, interactive: false });
  app.markRow = (row) => {
    ring.remove(); halo.remove();
    if (!row || row.lat === null) return;
    const at = [row.lat, row.lon];
    halo.setLatLng(at).addTo(map); ring.setLatLng(at).addTo(map);
    if (!map.getBounds().pad(-0.08).contains(at)) map.panTo(at, { animate: false });
  };

  groups["Buildings (when close)"] = { toggle: (on) => { app.showBuildings = on; drawOutlines(); }, on: true };
  app.showBuildings = true;
  app.hazards = data.hazards.map((layer) => ({ ...layer, toggle: toggle(drawHazard(layer)) }));
  if (data.scenes.length) groups["Scene outlines"] = { toggle: toggle(scenes), on: false };
  backdrops.forEach((pictures, label) => {
    groups[`Picture: ${label}`] = { toggle: toggle(pictures), on: true };
  });
  groups.Graticule = { toggle: toggle(graticule), on: true };
  app.layers = groups;

  map.on("moveend", () => { drawGraticule(); drawOutlines(); });
  map.on("zoomend", () => { const r = radius(); findings.eachLayer((c) => c.setRadius(r)); hearts.eachLayer((c) => c.setRadius(r * 0.45)); });

  const points = rows.filter((row) => row.lat !== null).map((row) => [row.lat, row.lon]);
  const edges = data.hazards.flatMap((layer) => layer.areas).concat(data.scenes).flatMap((area) => area.rings.flat());
  app.home = () => {
    const places = points.length ? points : edges;
    if (places.length) map.fitBounds(L.latLngBounds(places), { padding: [30, 30], maxZoom: 18, animate: false });
    else map.setView([20, 0], 2);
  };
  app.home();
})();
