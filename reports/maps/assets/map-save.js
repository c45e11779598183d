"use strict";
/* The rows that the filters show, as a CSV file: ids only, as everything here. */
(function () {
  const app = window.firstnotice;
  const COLUMNS = {
    rank: (row) => row.index + 1, tier: (row) => row.tier, decision: (row) => row.decision,
    status: (row) => row.status, portfolio_number: (row) => row.portfolio,
    account_number: (row) => row.account, policy_number: (row) => row.policy,
    location_number: (row) => row.location, incident_id: (row) => row.incident,
    building_id: (row) => row.building, p_damage: (row) => row.pDamage, p_severe: (row) => row.pSevere,
    reviewed_grade: (row) => row.reviewedGrade, latitude: (row) => row.lat, longitude: (row) => row.lon,
  };
  /* a spreadsheet takes a cell that begins like a formula for one */
  const cell = (value) => {
    if (value === null || value === undefined) return "";
    if (typeof value === "number") return String(value);
    const text = /^'*[=+\-@\t\r\n]/.test(value) ? `'${value}` : value;
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  const lines = () => [Object.keys(COLUMNS), ...app.visible.map((row) => Object.values(COLUMNS).map((of) => of(row)))];

  document.getElementById("save").addEventListener("click", () => {
    const text = lines().map((values) => `${values.map(cell).join(",")}\r\n`).join("");
    const link = app.make("a");
    link.href = URL.createObjectURL(new Blob(["\ufeff", text], { type: "text/csv" }));
    link.download = `${document.body.dataset.event}-map.csv`;
    link.click();
    URL.revokeObjectURL(link.href);
  });
})();
