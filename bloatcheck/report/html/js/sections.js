/** Everything about one image, one part below the other. */
function imageView(image, isOneOfMany) {
  const drawing = image.drawing ? drawingOf(image) : null;
  const parts = [
    image.advice.length ? ["advice", "Advice", adviceOf(image)] : null,
    drawing ? ["map", "Map", drawing.view] : null,
    ["changes", "Changes", changesOf(image, drawing)],
    image.layers?.length ? ["layers", "Layers", layersOf(image, drawing)] : null,
    ["trend", "Trend", trendOf(image)],
    image.packages?.length ? ["packages", "Packages", packagesOf(image)] : null,
    image.wasted === null || image.wasted === undefined ? null : ["waste", "Waste", wasteOf(image)],
  ].filter((part) => part && part[2]);
  // the map first, for the eye; advice where it can be acted upon, after it
  parts.sort((one, other) => ORDER.indexOf(one[0]) - ORDER.indexOf(other[0]));
  const view = h(
    "article",
    { class: "image", "aria-labelledby": "image-name" },
    h("h2", { id: "image-name", tabindex: "-1" }, image.name, image.platform ? h("small", null, image.platform) : null),
    summaryOf(image),
    troublesOf(image),
    image.failure ? failureOf(image.failure) : null,
    parts.length > 1 ? h("nav", { class: "parts", "aria-label": "Parts" }, h("ul", null, [...(isOneOfMany ? [["overview", "↑ Images"]] : []), ...parts].map(([id, title]) => h("li", null, h("a", { href: `#${id}`, on: { click: (event) => goTo(event, id) } }, title))))) : null,
    parts.map(([id, title, content]) => section(id, title, content)),
  );
  return { view, shown: () => drawing?.show() };
}

const ORDER = ["map", "changes", "layers", "advice", "trend", "packages", "waste"];

/** Inside the page only: the address names the image. */
function goTo(event, id) {
  event.preventDefault();
  const target = document.getElementById(id);
  target.scrollIntoView();
  target.setAttribute("tabindex", "-1");
  target.focus({ preventScroll: true });
}

function summaryOf(image) {
  if (image.failure) return null;
  const facts = [
    image.delta === null ? null : ["Change", growth(image.delta) + (image.percent ? ` (${image.percent})` : "")],
    ["Before", image.figures[0]],
    ["After", image.figures[1]],
    image.layers?.length ? ["Layers", String(image.layers.filter((layer) => image.after === null || layer.after !== null).length)] : null,
    image.wasted === null || image.wasted === undefined ? null : ["Wasted", bytes(image.wasted)],
    image.base ? ["Base image", image.base.name] : null,
    image.before_commit ? ["Baseline of", link(image.before_commit.url, image.before_commit.name)] : null,
  ].filter(Boolean);
  return h("dl", { class: "facts" }, facts.map(([term, value]) => fact(term, value)));
}

function troublesOf(image) {
  if (!image.troubles.length && !image.approvals.length) return null;
  return h(
    "ul",
    { class: "troubles", "aria-label": "Findings" },
    image.troubles.map((trouble) => h("li", { class: trouble.level }, h("strong", null, trouble.level === "fail" ? "Over the limit" : "Warning"), " ", trouble.rule ? [link(trouble.rule_url, trouble.rule), ": "] : null, trouble.text, trouble.place ? [" (", place(trouble.place), ")"] : null)),
    image.approvals.map((approval) => h("li", { class: "approved" }, approval)),
  );
}

function failureOf(failure) {
  return h(
    "div",
    { class: "failure" },
    h("p", null, failure.reason ? [h("strong", null, failure.reason), "; "] : null, failure.message, " ", place(failure.place)),
    failure.hint ? h("p", { class: "quiet" }, failure.hint) : null,
    failure.output.length ? h("pre", { tabindex: "0", "aria-label": "The last output" }, failure.output.join("\n")) : null,
  );
}

/** What was added, has grown or shrunk, or was removed, with both sizes. */
function changesOf(image, drawing) {
  if (image.delta === null || image.delta === undefined) return null;
  const causes = image.shares.filter((share) => share.before !== null);
  const made = new Map(image.files.map((file) => [`/${file.path}`, file.made]));
  const rows = drawing?.compared && image.drawing.listed ? changedIn(drawing.folders()).map((node) => ({ path: pathOf(node) + (node.leaf ? "" : "/"), was: node.was, size: node.size, files: node.files, change: changeOf(node.size, node.was) })) : fromReport(image);
  const kinds = ["added", "grown", "shrunk", "removed"];
  const wanted = new Set(kinds);
  const table = rows.length
    ? sortable({
        caption: "Changed files and folders",
        rows: () => rows.filter((row) => wanted.has(row.change)),
        find: (row) => row.path,
        sort: 4,
        extra: h(
          "div",
          { class: "filters", role: "group", "aria-label": "Kinds of change" },
          kinds.map((kind) => {
            const number = rows.filter((row) => row.change === kind).length;
            return h(
              "button",
              {
                type: "button",
                class: `badge ${kind}`,
                "aria-pressed": "true",
                disabled: !number,
                on: {
                  click: (event) => {
                    if (!wanted.delete(kind)) wanted.add(kind);
                    event.currentTarget.setAttribute("aria-pressed", String(wanted.has(kind)));
                    table.refill();
                  },
                },
              },
              `${kind} ${number.toLocaleString("en")}`,
            );
          }),
        ),
        columns: [
          { label: "Path", value: (row) => row.path, cell: (row) => h("span", { class: "path" }, row.path, row.files > 1 ? h("small", null, ` ${count(row.files, "file")}`) : null, made.get(row.path) ? h("small", { class: "quiet" }, " made at ", place(made.get(row.path))) : null), wide: true },
          { label: "What", value: (row) => row.change, cell: (row) => badge(row.change) },
          { label: "Before", value: (row) => row.was, cell: (row) => (row.was ? bytes(row.was) : NOTHING), number: true },
          { label: "After", value: (row) => row.size, cell: (row) => (row.size ? bytes(row.size) : NOTHING), number: true },
          { label: "Change", value: (row) => Math.abs(row.size - row.was), cell: (row) => growth(row.size - row.was), number: true },
        ],
      })
    : null;
  return [
    causes.length ? causesOf(causes) : null,
    table ?? h("p", { class: "quiet" }, image.delta ? "Which files changed isn't known: only sums of the image before were kept." : "No file changed in size."),
  ];
}

function fromReport(image) {
  return image.files.map((file) => ({ path: `/${file.path}`, was: file.before ?? 0, size: file.after ?? 0, files: 1, change: changeOf(file.after ?? 0, file.before ?? 0) }));
}

function causesOf(shares) {
  return h(
    "ul",
    { class: "causes", "aria-label": "Causes" },
    shares.map((share) =>
      h("li", { class: share.size === share.before ? "flat" : share.size > share.before ? "up" : "down" }, h("span", null, share.packages ?? CAUSES[share.cause]), h("b", null, growth(share.size - share.before)), h("small", null, `${bytes(share.before)} → ${bytes(share.size)}`)),
    ),
  );
}

function packagesOf(image) {
  const compared = image.packages.some((each) => each.delta !== null);
  return sortable({
    caption: "Packages",
    rows: () => image.packages,
    find: (row) => `${row.manager} ${row.name} ${row.version}`,
    sort: 2,
    columns: [
      { label: "Package", value: (row) => row.name, cell: (row) => [h("span", { class: "path" }, row.name), " ", h("small", { class: "quiet" }, row.was && row.was !== row.version ? `${row.was} → ${row.version}` : row.version)], wide: true },
      { label: "Manager", value: (row) => row.manager },
      { label: "Size", value: (row) => row.size, cell: (row) => bytes(row.size), number: true },
      compared ? { label: "Change", value: (row) => row.delta ?? 0, cell: (row) => (row.change ? [badge(row.change), " ", growth(row.delta)] : h("span", { class: "quiet" }, "=")), number: true } : null,
      { label: "Layer", value: (row) => row.layer ?? -1, cell: (row) => (row.layer === null ? NOTHING : String(row.layer + 1)), number: true },
      { label: "Why", value: (row) => why(row), cell: (row) => h("span", { class: "quiet" }, why(row)), wide: true },
    ].filter(Boolean),
  });
}

function why(row) {
  if (row.base) return "came with the base image";
  if (row.asked) return "asked for";
  if (row.needed_by.length) return `needed by ${row.needed_by.join(", ")}`;
  return row.asked === false ? "came along" : "";
}

const HIDINGS = { overwritten: "overwritten", deleted: "deleted", metadata: "written again with another mode or owner" };

function wasteOf(image) {
  if (!image.wasted) return h("p", { class: "good" }, "Nothing is wasted: every byte of the layers can be seen in the image.");
  const before = image.wasted_before;
  return [
    h("p", null, h("b", null, bytes(image.wasted)), ` of ${bytes(image.after ?? image.before)} can't be seen in the image: later layers hide them, and every pull downloads them.`, before === null || before === image.wasted ? "" : ` Before: ${bytes(before)}.`),
    image.hidden.length
      ? sortable({
          caption: "The largest hidden files",
          rows: () => image.hidden,
          find: (row) => row.path,
          sort: 1,
          columns: [
            { label: "Path", value: (row) => row.path, cell: (row) => h("span", { class: "path" }, `/${row.path}`), wide: true },
            { label: "Size", value: (row) => row.size, cell: (row) => bytes(row.size), number: true },
            { label: "In layer", value: (row) => row.layer, cell: (row) => String(row.layer + 1), number: true },
            { label: "Hidden by", value: (row) => row.by, cell: (row) => String(row.by + 1), number: true },
            { label: "How", value: (row) => row.how, cell: (row) => HIDINGS[row.how] ?? row.how, wide: true },
          ],
        })
      : null,
  ];
}

function adviceOf(image) {
  return h(
    "ol",
    { class: "advice" },
    image.advice.map((advice) =>
      h(
        "li",
        null,
        h("p", { class: "saves" }, advice.saves === null ? "" : ["saves ", h("b", null, `${advice.about ? "about " : ""}${bytes(advice.saves)}`), " "], link(advice.url, advice.id, { class: "quiet" })),
        h("p", null, advice.message, advice.place ? [" (", place(advice.place), ")"] : null),
        advice.paths.length ? h("ul", { class: "largest" }, advice.paths.map((path) => h("li", null, h("span", { class: "path" }, path)))) : null,
        advice.replacement ? paste(advice) : null,
      ),
    ),
  );
}

/** Text to paste, with a button that copies it. */
function paste(advice) {
  const button = h("button", { type: "button", class: "copy", on: { click: () => copy(advice.replacement, button) } }, "Copy");
  return h(
    "figure",
    { class: "paste" },
    h("figcaption", null, h("span", null, advice.append_to ? `Add to ${advice.append_to}` : "In its place"), button),
    h("pre", { tabindex: "0", "aria-label": "Text to paste" }, advice.replacement),
  );
}

async function copy(text, button) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // a file on disk may not reach the clipboard that way
    const area = h("textarea", { class: "unseen", "aria-hidden": "true" });
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
    button.focus();
  }
  button.textContent = "Copied";
  announce("Copied");
  setTimeout(() => (button.textContent = "Copy"), 1500);
}
