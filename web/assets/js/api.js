// What the page was told, and how it asks the server for more.

export const told = JSON.parse(document.getElementById("told").textContent);

async function ask(path, options = {}) {
  const response = await fetch(told.api + path, { credentials: "same-origin", ...options });
  if (response.status === 401) {
    location.assign(`/login?after=${encodeURIComponent(location.pathname + location.search)}`);
    throw new Error("log in again");
  }
  if (!response.ok) {
    const said = await response.json().catch(() => ({}));
    throw new Error(typeof said.detail === "string" ? said.detail : `error ${response.status}`);
  }
  return response.json();
}

export const get = (path) => ask(path);

export const post = (path, body) =>
  ask(path, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRF-Token": told.csrf },
    body: JSON.stringify(body ?? {}),
  });

// An element with properties and children; text from outside is only ever text.
export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name in element && name !== "role") element[name] = value;
    else element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

export const percent = (value) => (value === null ? "-" : `${Math.round(value * 100)}%`);

export function say(text) {
  document.getElementById("said").textContent = text;
}
