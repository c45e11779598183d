"use strict";
/* Selection, its address, keys and paper; then the page is ready. */
(function () {
  const app = window.firstnotice;
  const CLOSE_ZOOM = 19;
  document.getElementById("note").textContent = app.legend.note;

  const isSmall = window.matchMedia("(max-width: 900px)");
  /** Select a row by index, or nothing with null. */
  app.select = (index) => {
    app.selected = index;
    const row = index === null ? null : app.rows[index];
    app.showPanel(row);
    /* the panel lies over the lower half of a small window: the map goes to the upper */
    if (row && isSmall.matches) document.getElementById("map").scrollIntoView();
    app.markRow(row);
    app.followList(row);
    history.replaceState(null, "", row ? addressOf(row) : location.pathname + location.search);
  };
  /* a home's own address: the parts of its key, as the list and the ledger have them */
  const KEY = ["portfolio", "account", "policy", "location"];
  const addressOf = (row) => `#home=${KEY.map((part) => encodeURIComponent(row[part])).join(",")}`;
  const goToAddress = () => {
    const row = app.rows.find((each) => addressOf(each) === location.hash);
    if (!row) return;
    app.select(row.index);
    app.zoomTo(row);
  };
  window.addEventListener("hashchange", goToAddress);
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

  /* paper takes the map as it stands: redrawn at another size it would still be blank when printed */
  const PRINTED_ROWS = 200, PAPER_PX = 680;
  window.addEventListener("beforeprint", () => {
    const box = document.getElementById("map"), { clientWidth, clientHeight } = box;
    document.body.classList.add("printing");
    box.style.width = `${clientWidth}px`;
    box.style.height = `${clientHeight}px`;
    box.style.zoom = Math.min(1, PAPER_PX / clientWidth);
    app.drawHead(PRINTED_ROWS);
  });
  window.addEventListener("afterprint", () => {
    document.body.classList.remove("printing");
    document.getElementById("map").removeAttribute("style");
    app.drawList();
  });

  app.filter();
  goToAddress();
  app.readyMs = Math.round(performance.now());
  document.body.dataset.ready = app.readyMs;
})();
