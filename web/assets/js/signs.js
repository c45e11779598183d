// Signs of homes, drawn here so that no font is fetched: colour, letter and size all say the tier.

import { told } from "./api.js";

const byCode = Object.fromEntries(told.tiers.map((tier) => [tier.code, tier]));
const RATIO = Math.max(1, Math.ceil(window.devicePixelRatio || 1));

// What an image is called: tier, label, and whether a person reviewed the home.
export const imageName = [
  "concat", "home|", ["get", "tier"], "|",
  ["case",
    ["==", ["get", "n"], 1], "",
    ["<", ["get", "n"], 1000], ["to-string", ["get", "n"]],
    ["concat", ["to-string", ["/", ["round", ["/", ["get", "n"], 100]], 10]], "k"]],
  "|", ["case", ["boolean", ["get", "seen"], false], "seen", ""],
];

export const sortKey = [
  "match", ["get", "tier"], "T4", 5, "T3", 4, "T2", 3, "T1", 2, "U", 1, 0,
];

export function addMissing(map, name) {
  const [kind, code, count, seen] = name.split("|");
  if (kind !== "home" || !byCode[code] || map.hasImage(name)) return;
  map.addImage(name, draw(byCode[code], count, seen === "seen"), { pixelRatio: RATIO });
}

function draw(tier, count, isSeen) {
  const size = count ? 36 : 22;
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = size * RATIO;
  const pen = canvas.getContext("2d");
  pen.scale(RATIO, RATIO);
  const middle = size / 2;
  pen.beginPath();
  if (count) pen.roundRect(2, 2, size - 4, size - 4, 9);
  else pen.arc(middle, middle, middle - 2, 0, 2 * Math.PI);
  pen.fillStyle = tier.fill;
  pen.fill();
  pen.lineWidth = 3.5;
  pen.strokeStyle = "#fff";
  pen.stroke();
  pen.lineWidth = 1.75;
  pen.strokeStyle = tier.line;
  pen.stroke();
  pen.fillStyle = tier.ink;
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  if (count) {
    pen.font = "bold 11px system-ui, sans-serif";
    pen.fillText(tier.code, middle, middle - 6.5);
    pen.font = "11px system-ui, sans-serif";
    pen.fillText(count, middle, middle + 6.5);
  } else {
    pen.font = "bold 11.5px system-ui, sans-serif";
    pen.fillText(tier.code.replace("T", ""), middle, middle + 0.5);
  }
  if (isSeen) {
    pen.beginPath();
    pen.arc(size - 5, 5, 4.5, 0, 2 * Math.PI);
    pen.fillStyle = "#fff";
    pen.fill();
    pen.strokeStyle = "#0b4f8a";
    pen.lineWidth = 1.5;
    pen.stroke();
  }
  return pen.getImageData(0, 0, canvas.width, canvas.height);
}
