const MOST_CELLS = 900;
const SMALLEST = 5;
const SMALLEST_ALONE = 12;
const SMALLEST_OPENED = 44;
const HEAD = 20;
const LEVELS = 3;
const MOST_MATCHES = 60;
const ROWS_BESIDE = 40;

/**
 * The map of an image: areas by size or by change, colours by growth or by cause.
 *
 * What stands at the top of the shown folder are buttons, moved between with the arrow keys; what is in them
 * is drawn for the eye, and can be clicked. The table beside says the same in words.
 */
function drawingOf(image) {
  const leaves = leavesOf(image);
  const compared = image.drawing.was !== null;
  const trees = {};
  const state = {
    view: image.drawing.listed ? "folder" : "layer",
    area: "size",
    colour: compared ? "growth" : "cause",
    query: "",
    at: null,
  };
  const canvas = h("div", { class: "canvas", role: "group" });
  const tip = h("div", { class: "tip", hidden: true, "aria-hidden": "true" });
  const crumbs = h("ol");
  const beside = h("div", { class: "beside" });
  const legend = h("p", { class: "legend" });
  const told = h("span", { class: "told", role: "status" });
  const search = h("input", { type: "search", placeholder: "Search files and folders", "aria-label": "Search files and folders", on: { input: onSearch, keydown: onSearchKey } });
  let cells = [];
  let timer = 0;

  function tree() {
    trees[state.view] ??= treeOf(state.view, image, leaves);
    return trees[state.view];
  }

  function layerNode(number) {
    trees.layer ??= treeOf("layer", image, leaves);
    return trees.layer.children.find((node) => node.name === layerName(image, number));
  }

  function measure(node) {
    return state.area === "size" ? node.size : node.change;
  }

  function toneFor(node) {
    if (state.colour === "cause") return node.kind === "hidden" ? "hidden" : node.cause;
    if (node.kind === "hidden" && node.size === node.was) return "hidden";
    return compared ? toneOf(node.size, node.was) : "same";
  }

  function changed(node) {
    return compared && node.size !== node.was;
  }

  /** The figure that is drawn: of an opened folder the whole, else what the colours are about. */
  function figure(node, opened) {
    if (opened) return bytes(measure(node));
    return state.area === "change" || (state.colour === "growth" && changed(node)) ? growth(node.size - node.was) : bytes(node.size);
  }

  /** What is drawn, in words; begins with what can be read there. */
  function describe(node, opened) {
    const both = changed(node) ? `, ${bytes(node.was)} before, ${bytes(node.size)} now, ${growth(node.size - node.was)}` : "";
    return `${node.name} ${figure(node, opened)}${both}`;
  }

  function draw() {
    const here = state.at;
    const box = canvas.getBoundingClientRect();
    const width = Math.max(200, box.width);
    const height = Math.max(200, box.height);
    // what is too small to be looked into isn't laid out: of 50,000 files a few hundred areas are left
    const perPixel = measure(here) / (width * height);
    const least = perPixel * SMALLEST_OPENED ** 2;
    const isOpened = (node) => node === here || (!node.leaf && node.kind !== "together" && measure(node) >= least && depthBelow(node, here) < LEVELS);
    const top = d3.hierarchy(here, (node) => (isOpened(node) ? drawnIn(node, perPixel * SMALLEST_ALONE ** 2) : null));
    top.sum((node) => (isOpened(node) ? 0 : measure(node)));
    top.sort((one, other) => other.value - one.value);
    d3
      .treemap()
      .size([width, height])
      .round(true)
      .paddingInner(2)
      .paddingTop((node) => (node.depth && node.children && node.x1 - node.x0 > SMALLEST_OPENED && node.y1 - node.y0 > SMALLEST_OPENED ? HEAD : 0))
      .paddingLeft((node) => (node.depth && node.children ? 2 : 0))
      .paddingRight((node) => (node.depth && node.children ? 2 : 0))
      .paddingBottom((node) => (node.depth && node.children ? 2 : 0))(top);
    const visible = top
      .descendants()
      .filter((each) => each.depth && each.value > 0 && each.x1 - each.x0 >= SMALLEST && each.y1 - each.y0 >= SMALLEST)
      .filter((each) => each.depth === 1 || (each.parent.x1 - each.parent.x0 > SMALLEST_OPENED && each.parent.y1 - each.parent.y0 > SMALLEST_OPENED))
      .sort((one, other) => one.depth - other.depth || other.value - one.value)
      .slice(0, MOST_CELLS);
    cells = [];
    canvas.replaceChildren(...visible.map((each) => cell(each, top.x1)));
    if (!visible.length) canvas.replaceChildren(h("p", { class: "empty" }, state.area === "size" ? "Nothing is in here." : "Nothing changed in here."));
    canvas.setAttribute("aria-label", `Map of ${pathOf(here)}, ${bytes(measure(here))}`);
    if (cells.length) cells[0].element.tabIndex = 0;
  }

  /** What is in a folder, the smallest as one area: each by itself would be a speck, or a hole. */
  function drawnIn(node, least) {
    const small = node.children.filter((child) => measure(child) && measure(child) < least);
    if (small.length < 2) return node.children;
    const single = new Set(small);
    return [...node.children.filter((child) => !single.has(child)), togetherOf(small, node)];
  }

  function cell(each, across) {
    const node = each.data;
    const [width, height] = [each.x1 - each.x0, each.y1 - each.y0];
    const opened = Boolean(each.children) && width > SMALLEST_OPENED && height > SMALLEST_OPENED;
    const label = width > 34 && height > 16 ? h("span", { class: "name" }, node.name) : null;
    const size = width > 60 && (opened || height > 34) ? h("span", { class: "size" }, figure(node, opened)) : null;
    const first = each.depth === 1;
    const element = h(
      first ? "button" : "div",
      {
        type: first ? "button" : null,
        tabindex: first ? "-1" : null,
        "aria-label": first ? describe(node, opened) : null,
        "aria-hidden": first ? null : "true",
        class: `cell ${opened ? "opened" : ""} ${toneFor(node)} ${state.query && !node.hit ? "dim" : ""} ${node.leaf ? "leaf" : "folder"}`,
        style: { left: partOf(each.x0, across), top: `${each.y0}px`, width: partOf(width, across), height: `${height}px` },
        on: {
          click: () => enter(node.leaf ? node.parent : node),
          pointermove: (event) => point(event, node),
          pointerleave: () => (tip.hidden = true),
          focus: () => announceFocus(node),
        },
      },
      label,
      " ",
      size,
    );
    if (first) cells.push({ element, node, x: (each.x0 + each.x1) / 2, y: (each.y0 + each.y1) / 2 });
    return element;
  }

  function announceFocus(node) {
    cells.forEach((each) => (each.element.tabIndex = each.node === node ? 0 : -1));
  }

  function point(event, node) {
    const leaf = node.leaf;
    const layer = leaf ? image.layers[leaf.layer] : null;
    tip.replaceChildren(
      h("b", null, pathOf(node)),
      h("span", null, changed(node) ? `${bytes(node.was)} → ${bytes(node.size)} (${growth(node.size - node.was)})` : bytes(node.size), `, ${part(node.size, tree().size)} of the image`),
      node.files > 1 ? h("span", null, count(node.files, "file")) : "",
      leaf?.owner ? h("span", null, `${leaf.owner[0]}: ${leaf.owner[1]} ${leaf.owner[2]}`) : "",
      layer ? h("span", { class: "quiet" }, `layer ${leaf.layer + 1}: ${layer.instruction.slice(0, 140)}`) : "",
    );
    tip.hidden = false;
    const box = canvas.getBoundingClientRect();
    const [width, height] = [tip.offsetWidth, tip.offsetHeight];
    const left = Math.min(event.clientX - box.left + 14, box.width - width);
    const above = event.clientY - box.top + 18 + height > box.height;
    tip.style.setProperty("left", `${Math.max(0, left)}px`);
    tip.style.setProperty("top", `${above ? Math.max(0, event.clientY - box.top - height - 10) : event.clientY - box.top + 18}px`);
  }

  function enter(node, focus = false) {
    if (!node || node.leaf) return;
    state.at = node;
    tip.hidden = true;
    show();
    announce(`${pathOf(node)}, ${bytes(measure(node))}`);
    if (focus && cells.length) cells[0].element.focus();
  }

  function onKey(event) {
    const number = cells.findIndex((each) => each.element === document.activeElement);
    if (event.key === "Escape" || event.key === "Backspace") {
      if (!state.at.parent) return;
      const from = state.at;
      enter(state.at.parent);
      (cells.find((each) => each.node === from) ?? cells[0])?.element.focus();
    } else if (number < 0) {
      return;
    } else if (event.key === "Enter" || event.key === " ") {
      const node = cells[number].node;
      if (!node.leaf) enter(node, true);
    } else if (event.key === "Home" || event.key === "End") {
      cells.at(event.key === "Home" ? 0 : -1).element.focus();
    } else if (event.key.startsWith("Arrow")) {
      neighbour(cells[number], event.key)?.element.focus();
    } else {
      return;
    }
    event.preventDefault();
  }

  /** The nearest cell in that direction; one that lies straight ahead before one that lies aside. */
  function neighbour(from, key) {
    const [across, sign] = { ArrowLeft: [true, -1], ArrowRight: [true, 1], ArrowUp: [false, -1], ArrowDown: [false, 1] }[key] ?? [];
    let best = null;
    let least = Infinity;
    for (const each of cells) {
      const ahead = sign * (across ? each.x - from.x : each.y - from.y);
      const aside = Math.abs(across ? each.y - from.y : each.x - from.x);
      const distance = ahead + 2 * aside;
      if (ahead > 1 && distance < least) [best, least] = [each, distance];
    }
    return best;
  }

  function mark(node) {
    const own = state.query !== "" && pathOf(node).toLowerCase().includes(state.query);
    node.hit = own;
    for (const child of node.children) {
      if (mark(child)) node.hit = true;
    }
    node.own = own;
    return node.hit;
  }

  function matches() {
    const found = [];
    const pending = [tree()];
    while (pending.length) {
      const node = pending.pop();
      // by its own name, or as the first on its way by which a path is whole
      if (node.own && node.parent && (!node.parent.own || node.name.toLowerCase().includes(state.query))) found.push(node);
      if (node.hit) pending.push(...node.children);
    }
    return found.sort((one, other) => measure(other) - measure(one) || (pathOf(one) < pathOf(other) ? -1 : 1));
  }

  function onSearch() {
    clearTimeout(timer);
    timer = setTimeout(() => {
      state.query = search.value.trim().toLowerCase();
      show();
    }, 120);
  }

  function onSearchKey(event) {
    if (event.key !== "Enter") return;
    clearTimeout(timer);
    state.query = search.value.trim().toLowerCase();
    if (state.query) mark(tree());
    const [first] = state.query ? matches() : [];
    if (first) enter(first.leaf ? first.parent : first);
  }

  function showBeside() {
    const found = state.query ? matches() : null;
    const listed = found ?? [...state.at.children].filter((node) => measure(node)).sort((one, other) => measure(other) - measure(one) || other.change - one.change);
    const whole = Math.max(1, ...listed.map(measure));
    told.textContent = found ? `${count(found.length, "match", "matches")}, ${bytes(found.filter((node) => !hasMatchAbove(node)).reduce((total, node) => total + node.size, 0))}` : "";
    const shown = listed.slice(0, found ? MOST_MATCHES : ROWS_BESIDE);
    const rows = shown.map((node) => {
      const name = found ? pathOf(node) : node.name;
      const target = node.leaf ? (found ? node.parent : null) : node;
      return h(
        "tr",
        null,
        h("th", { scope: "row" }, target ? h("button", { type: "button", class: "into", on: { click: () => enter(target) } }, name, node.leaf ? null : h("span", { "aria-hidden": "true" }, " ›")) : h("span", { class: node.kind }, name), bar(measure(node), whole, toneFor(node))),
        h("td", { class: "number" }, bytes(node.size)),
        compared ? h("td", { class: "number" }, node.size === node.was ? h("span", { class: "quiet" }, "=") : growth(node.size - node.was)) : null,
      );
    });
    beside.replaceChildren(
      h(
        "table",
        null,
        h("caption", { class: "unseen" }, found ? "Matches" : `In ${pathOf(state.at)}`),
        h("thead", null, h("tr", null, h("th", { scope: "col" }, found ? "Match" : "In here"), h("th", { scope: "col", class: "number" }, "Size"), compared ? h("th", { scope: "col", class: "number" }, "Change") : null)),
        h("tbody", null, rows),
      ),
      listed.length > shown.length ? h("p", { class: "quiet" }, `and ${(listed.length - shown.length).toLocaleString("en")} smaller`) : "",
    );
  }

  function hasMatchAbove(node) {
    for (let above = node.parent; above; above = above.parent) {
      if (above.own) return true;
    }
    return false;
  }

  function showCrumbs() {
    const way = wayTo(state.at);
    crumbs.replaceChildren(
      ...way.map((node, index) =>
        h("li", null, index === way.length - 1 ? h("span", { "aria-current": "location" }, node.name) : h("button", { type: "button", on: { click: () => enter(node) } }, node.name)),
      ),
    );
  }

  function showLegend() {
    const items =
      state.colour === "growth"
        ? [["added", "new"], ["grown-3", "grown"], ["grown-1", "grown a little"], ["same", "same"], ["shrunk-1", "shrunk a little"], ["shrunk-3", "shrunk"], ...(state.area === "change" ? [["removed", "removed"]] : [])]
        : Object.entries(CAUSES);
    legend.replaceChildren(...items.map(([tone, label]) => h("span", null, h("i", { class: `key ${tone}`, "aria-hidden": "true" }), label)));
  }

  function show() {
    state.at ??= tree();
    if (state.query) mark(tree());
    showCrumbs();
    showLegend();
    showBeside();
    draw();
  }

  function choice(label, key, options) {
    const name = `${key}-of-map`;
    return h(
      "fieldset",
      { class: "choice" },
      h("legend", null, label),
      Object.entries(options).map(([value, text]) =>
        h("label", null, h("input", { type: "radio", name, value, checked: state[key] === value, on: { change: () => change(key, value) } }), h("span", null, text)),
      ),
    );
  }

  function change(key, value) {
    state[key] = value;
    if (key === "view") state.at = null;
    show();
  }

  const { folder, ...others } = VIEWS;
  canvas.addEventListener("keydown", onKey);
  const frame = h("div", { class: "frame" }, canvas, tip);
  const view = h(
    "div",
    { class: "drawing" },
    h(
      "div",
      { class: "tools" },
      choice("By", "view", image.drawing.listed ? { folder, ...others } : others),
      compared ? choice("Area", "area", { size: "Size", change: "Change" }) : null,
      compared ? choice("Colour", "colour", { growth: "Growth", cause: "Cause" }) : null,
      search,
      told,
    ),
    h("nav", { class: "crumbs", "aria-label": "Place in the image" }, crumbs),
    h("div", { class: "split" }, frame, beside),
    legend,
    image.drawing.listed
      ? h("p", { class: "quiet hint" }, "Click, or press Enter, to go in; Escape goes back; arrow keys move.", image.drawing.floor > 1 ? ` Files below ${bytes(image.drawing.floor)} are added up.` : "")
      : h("p", { class: "quiet hint" }, "This report has no list of all files: packages, the largest files and the rest of each layer are shown."),
  );
  const watch = new ResizeObserver(() => state.at && draw());
  watch.observe(canvas);
  state.at = tree();
  return {
    view,
    show,
    root: tree,
    compared,
    openLayer: (number) => {
      state.view = "layer";
      state.query = search.value = "";
      state.at = layerNode(number) ?? tree();
      for (const input of view.querySelectorAll('input[name="view-of-map"]')) input.checked = input.value === "layer";
      show();
      view.scrollIntoView({ block: "start" });
      cells[0]?.element.focus({ preventScroll: true });
    },
    folders: () => (trees.folder ??= treeOf("folder", image, leaves)),
    layerNode,
    hasLayer: (number) => Boolean(layerNode(number)),
  };
}

/** Across, areas are parts of the whole, so that they fit a page that is printed in another width. */
function partOf(width, whole) {
  return `${(100 * width) / whole}%`;
}

function depthBelow(node, top) {
  let depth = 0;
  for (let at = node; at !== top; at = at.parent) depth += 1;
  return depth;
}
