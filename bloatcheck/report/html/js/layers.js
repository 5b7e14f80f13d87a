const LARGEST_IN_LAYER = 8;

/** The layers as a stack, top last, beside the Dockerfile that made them. */
function layersOf(image, drawing) {
  const most = Math.max(1, ...image.layers.map((layer) => Math.max(layer.after ?? 0, layer.before ?? 0)));
  const details = h("div", { class: "layer-details", "aria-live": "polite" });
  const rows = image.layers.map((layer, number) => {
    const size = layer.after ?? layer.before;
    const changed = layer.change && !["unchanged", "rebuilt"].includes(layer.change);
    return h(
      "li",
      null,
      h(
        "button",
        { type: "button", class: `layer ${layer.base ? "of-base" : ""} ${layer.change ?? ""}`, "aria-expanded": "false", on: { click: () => choose(number) } },
        h("span", { class: "amount" }, bytes(layer.after ?? (image.after === null ? layer.before : 0)), changed ? h("small", { class: `tone ${layer.change}` }, growth((layer.after ?? 0) - (layer.before ?? 0))) : null),
        causesBar(layer, size, most),
        h("span", { class: "made" }, h("code", null, titleOf(image, layer)), h("span", { class: "marks" }, changed ? badge(layer.change) : layer.change === "rebuilt" ? badge("rebuilt") : null, layer.base ? badge("base", "base image") : null, layer.place ? h("span", { class: "quiet" }, `${layer.place.file}:${layer.place.line}`) : null)),
      ),
    );
  });
  let chosen = -1;

  function choose(number) {
    chosen = chosen === number ? -1 : number;
    rows.forEach((row, index) => row.firstChild.setAttribute("aria-expanded", String(index === chosen)));
    if (chosen < 0) {
      details.replaceChildren();
      return;
    }
    const layer = image.layers[number];
    rows[number].append(details);
    details.replaceChildren(
      h("p", null, h("code", { class: "whole" }, titleOf(image, layer))),
      h(
        "dl",
        { class: "facts" },
        fact("files", bytes(layer.after ?? layer.before)),
        layer.before !== null && layer.after !== null && layer.change ? fact("before", bytes(layer.before)) : null,
        layer.compressed ? fact("a pull downloads", bytes(layer.compressed)) : null,
        layer.wasted ? fact("hidden by later layers", bytes(layer.wasted)) : null,
        layer.place ? fact("from", place(layer.place)) : null,
      ),
      holding(image, drawing, number),
      drawing?.hasLayer(number) ? h("button", { type: "button", class: "more", on: { click: () => drawing.openLayer(number) } }, "Show on the map") : "",
    );
  }

  const stack = h("ol", { class: "stack" }, rows);
  const source = image.dockerfile ? sourceOf(image, choose, rows) : null;
  const told = Object.keys(CAUSES).filter((cause) => image.layers.some((layer) => layer.causes?.[cause]));
  return h("div", { class: source ? "beside-source" : null }, h("div", null, stack, legendOf(told)), source);
}

/** A layer's length beside the largest, in the colours of whose its bytes are. */
function causesBar(layer, size, most) {
  const causes = layer.causes ?? { [layer.base ? "base" : "own"]: size };
  return h("span", { class: "bar parted", "aria-hidden": "true" }, Object.entries(causes).map(([cause, bytes]) => h("i", { class: cause, style: { width: partOf(Math.min(bytes, most), most) } })));
}

function legendOf(causes) {
  return causes.length ? h("p", { class: "legend" }, causes.map((cause) => h("span", null, h("i", { class: `key ${cause}`, "aria-hidden": "true" }), CAUSES[cause]))) : null;
}

/** The line whose FROM names the base image; its layers have no lines of their own. 0 where that isn't sure. */
function lineOfBase(image) {
  const name = image.base?.name;
  const lines = image.dockerfile.lines;
  if (!name || !image.layers.some((layer) => layer.base && !layer.place)) return 0;
  for (let index = lines.length - 1; index >= 0; index -= 1) {
    const words = lines[index].trim().split(/\s+/);
    if (words[0].toUpperCase() === "FROM") return words.includes(name) ? index + 1 : 0;
  }
  return 0;
}

function fact(term, value) {
  return h("div", null, h("dt", null, term), h("dd", null, value));
}

/** A layer's largest packages and files. */
function holding(image, drawing, number) {
  if (!drawing) return null;
  const sums = new Map();
  const node = drawing.layerNode(number);
  const pending = node ? [node] : [];
  while (pending.length) {
    const each = pending.pop();
    pending.push(...each.children);
    if (!each.leaf || each.kind === "hidden") continue;
    const owner = each.leaf.owner;
    const path = each.leaf.name ? ["", ...each.leaf.folders, each.leaf.name].join("/") : `${["", ...each.leaf.folders, ""].join("/")}: ${restName(each.leaf)}`;
    const name = owner && !image.layers[number].base ? `${owner[0]}: ${owner[1]} ${owner[2]}` : path;
    sums.set(name, (sums.get(name) ?? 0) + each.size);
  }
  const largest = [...sums].filter(([, size]) => size).sort((one, other) => other[1] - one[1]);
  if (!largest.length) return h("p", { class: "quiet" }, "It has no files that can be seen.");
  return h(
    "ul",
    { class: "largest" },
    largest.slice(0, LARGEST_IN_LAYER).map(([name, size]) => h("li", null, h("span", { class: "amount" }, bytes(size)), " ", h("span", { class: "path" }, name))),
    largest.length > LARGEST_IN_LAYER ? h("li", { class: "quiet" }, `and ${(largest.length - LARGEST_IN_LAYER).toLocaleString("en")} more`) : null,
  );
}

/** The Dockerfile with each instruction's bytes in the margin, as a coverage report has its hits. */
function sourceOf(image, choose, rows) {
  const file = image.dockerfile;
  const starts = new Map();
  const within = new Set();
  const baseLine = lineOfBase(image);
  image.layers.forEach((layer, number) => {
    if (baseLine && layer.base && !layer.place) starts.set(baseLine, [...(starts.get(baseLine) ?? []), number]);
    if (!layer.place || layer.place.file !== file.file || !layer.place.line) return;
    starts.set(layer.place.line, [...(starts.get(layer.place.line) ?? []), number]);
    for (let line = layer.place.line; line <= layer.place.end; line += 1) within.add(line);
  });
  const most = Math.max(1, ...[...starts.values()].map((numbers) => total(numbers)));

  function total(numbers) {
    return numbers.reduce((sum, number) => sum + (image.layers[number].after ?? 0), 0);
  }

  function open(numbers) {
    choose(numbers[0]);
    rows[numbers[0]].scrollIntoView({ block: "nearest" });
  }

  const lines = file.lines.map((text, index) => {
    const numbers = starts.get(index + 1);
    const size = numbers ? total(numbers) : 0;
    const weight = numbers && size ? (size > most / 2 ? "heavy" : size > most / 10 ? "middling" : "light") : within.has(index + 1) ? "within" : "";
    return h(
      "tr",
      { class: weight },
      h("td", { class: "margin" }, numbers ? h("button", { type: "button", "aria-label": `line ${index + 1}: ${bytes(size)}, show its ${numbers.length > 1 ? "layers" : "layer"}`, on: { click: () => open(numbers) } }, bytes(size)) : null),
      h("td", { class: "line" }, String(index + 1)),
      h("td", { class: "code" }, h("code", null, text || " ")),
    );
  });
  return h(
    "div",
    { class: "source" },
    h("h4", null, file.file),
    h("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": `${file.file}, with the bytes of each instruction` }, h("table", { class: "source-lines" }, h("caption", { class: "unseen" }, file.file), h("thead", { class: "unseen" }, h("tr", null, h("th", { scope: "col" }, "Bytes"), h("th", { scope: "col" }, "Line"), h("th", { scope: "col" }, "Text"))), h("tbody", null, lines))),
    file.more ? h("p", { class: "quiet" }, "and more lines") : null,
  );
}
