"use strict";
/* The page's data as rows, worst first. Text from outside is only ever set as textContent. */
(function () {
  const read = (id) => JSON.parse(document.getElementById(id).textContent);
  const data = read("data");
  const columns = data.rows;

  const pick = (column, index) => {
    if (Array.isArray(column)) return column[index];
    const code = column.codes[index];
    return code < 0 ? null : column.words[code];
  };

  const names = Object.keys(columns);
  const rows = columns.policy.map((_, index) => {
    const row = { index };
    for (const name of names) row[name] = pick(columns[name], index);
    row.reviewed = row.reviewedGrade === null ? "no" : "yes";
    row.search = `${row.policy} ${row.account} ${row.incident || ""} ${row.building || ""}`.toLowerCase();
    return row;
  });

  /** An element with a class and text; never markup. */
  const make = (tag, className, text) => {
    const element = document.createElement(tag);
    if (className) element.className = className;
    if (text !== undefined && text !== null) element.textContent = text;
    return element;
  };

  const picture = (index) =>
    index < 0 ? null : JSON.parse(document.getElementById(`picture-${index}`).textContent);
  const jpeg = (text) => `data:image/jpeg;base64,${text}`;
  const percent = (chance) => {
    if (chance === null) return "–";
    if (chance < 0.005) return "<1 %";
    return chance >= 0.995 ? ">99 %" : `${Math.round(chance * 100)} %`;
  };
  /** What a person said of the home, in a line; nothing where nobody did. */
  const review = (row) =>
    row.reviewed === "no" ? null : `${row.reviewedGrade}, by ${row.reviewer}, ${row.reviewedAt}`;
  const number = (value) => (value === null ? "–" : value.toLocaleString("en-US"));

  window.firstnotice = {
    data, rows, make, picture, jpeg, percent, number, review,
    backdrops: read("backdrops"), legend: data.legend, visible: rows, selected: null,
  };
})();
