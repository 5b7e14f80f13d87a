/**
 * Makes an element. Text becomes text nodes and nothing else: no markup is ever parsed here.
 *
 * Properties: `class`, `on` (event -> listener), `style` (set through the object model, which the policy
 * allows), and attributes; those that are null, undefined or false are left out.
 */
function h(tag, properties, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "on") {
      for (const [event, listener] of Object.entries(value)) element.addEventListener(event, listener);
    } else if (name === "style") {
      for (const [key, setting] of Object.entries(value)) element.style.setProperty(key, setting);
    } else if (name === "class") {
      element.className = value;
    } else {
      element.setAttribute(name, value === true ? "" : value);
    }
  }
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    element.append(child);
  }
  return element;
}

/** A link to the forge, in a new tab; only a label where there is no address. */
function link(url, label, properties = {}) {
  if (!url || !/^https?:\/\//.test(url)) return h("span", properties, label);
  return h("a", { ...properties, href: url, target: "_blank", rel: "noopener noreferrer" }, label);
}

function placeName(where) {
  return where.line ? `${where.file}:${where.line}` : where.file;
}

/** `Dockerfile:5`, linked to the line at the commit where that is known. */
function place(where) {
  if (!where) return null;
  return link(where.url, placeName(where), { class: "place" });
}

function badge(change, label = change) {
  return h("span", { class: `badge ${change}` }, label);
}

function bar(size, whole, tone = "") {
  const percent = whole > 0 ? Math.min(100, (100 * size) / whole) : 0;
  return h("span", { class: "bar", "aria-hidden": "true" }, h("i", { class: tone, style: { width: `${percent}%` } }));
}

function section(id, title, ...content) {
  return h("section", { id, "aria-labelledby": `${id}-title`, class: "part" }, h("h3", { id: `${id}-title` }, title), content);
}

/** Says something to those who listen to the page. */
function announce(text) {
  document.getElementById("said").textContent = text;
}
