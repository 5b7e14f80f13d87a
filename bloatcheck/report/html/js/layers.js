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
        bar(size, most, layer.change && changed ? toneOf(layer.after ?? 0, layer.before ?? 0) : layer.base ? "base" : "own"),
        h("code", null, titleOf(image, layer)),
        h("span", { class: "marks" }, changed ? badge(layer.change) : layer.change === "rebuilt" ? badge("rebuilt") : null, layer.base ? badge("base", "base image") : null, layer.place ? h("span", { class: "quiet" }, `${layer.place.file}:${layer.place.line}`) : null),
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
  return h("div", { class: source ? "beside-source" : null }, h("div", null, stack), source);
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
    const path = each.leaf.name ? [...each.leaf.folders, each.leaf.name].join("/") : `${[...each.leaf.folders, ""].join("/")}: ${restName(each.leaf)}`;
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
  image.layers.forEach((layer, number) => {
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
    const weight = numbers ? (size > most / 2 ? "heavy" : size > most / 10 ? "middling" : "light") : within.has(index + 1) ? "within" : "";
    return h(
      "tr",
      { class: weight },
      h("td", { class: "margin" }, numbers ? h("button", { type: "button", "aria-label": `line ${index + 1}: ${bytes(size)}, show its layer`, on: { click: () => open(numbers) } }, bytes(size)) : null),
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
