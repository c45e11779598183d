"use strict";
/* Selection and keys; then the page is ready. */
(function () {
  const app = window.firstnotice;
  const CLOSE_ZOOM = 19;
  document.getElementById("note").textContent = app.legend.note;

  /** Select a row by index, or nothing with null. */
  app.select = (index) => {
    app.selected = index;
    const row = index === null ? null : app.rows[index];
    app.showPanel(row);
    app.markRow(row);
    app.followList(row);
  };
  /** The next (1) or previous (-1) row of the filtered list. */
  app.step = (move) => {
    if (!app.visible.length) return;
    const place = app.selected === null ? -1 : app.visible.indexOf(app.rows[app.selected]);
    const next = place < 0 ? 0 : Math.min(app.visible.length - 1, Math.max(0, place + move));
    app.select(app.visible[next].index);
  };
  app.zoomTo = (row) => {
    if (row.lat !== null) app.map.setView([row.lat, row.lon], CLOSE_ZOOM, { animate: false });
  };

  const keys = {
    j: () => app.step(1), ArrowDown: () => app.step(1), k: () => app.step(-1), ArrowUp: () => app.step(-1),
    s: () => app.toggleSwipe(), z: () => app.selected !== null && app.zoomTo(app.rows[app.selected]),
    h: () => app.home(), "/": () => document.getElementById("search").focus(),
    Escape: () => app.select(null),
  };
  document.addEventListener("keydown", (e) => {
    if (e.ctrlKey || e.metaKey || e.altKey) return;
    const typing = e.target.matches("input[type=search], input[type=range]");
    if (typing && e.key !== "Escape") return;
    const act = keys[e.key.length === 1 ? e.key.toLowerCase() : e.key];
    if (!act) return;
    e.preventDefault();
    if (typing) e.target.blur();
    act();
  });

  app.filter();
  app.readyMs = Math.round(performance.now());
  document.body.dataset.ready = app.readyMs;
})();
