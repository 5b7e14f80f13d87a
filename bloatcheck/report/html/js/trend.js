const SVG = "http://www.w3.org/2000/svg";
const FEWEST_MOMENTS = 2;

function s(tag, attributes, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** An image's sizes over commits, now the last; nothing where there are too few to be a line. */
function momentsOf(image) {
  const moments = image.history ?? [];
  if (image.after === null || image.after === undefined || !moments.length) return [];
  const all = [...moments, { commit: null, date: "", size: image.after }];
  return all.length < FEWEST_MOMENTS ? [] : all;
}

/** A line as small as a word; the figures beside it say the rest. */
function sparkline(image) {
  const moments = momentsOf(image);
  if (!moments.length) return null;
  const at = scale(moments.map((moment) => moment.size), 120, 26, 3);
  const [x, y] = at.points.at(-1);
  return s(
    "svg",
    { class: "spark", viewBox: "0 0 120 26", "aria-hidden": "true", width: "120", height: "26" },
    s("polyline", { points: at.points.map((point) => point.join(",")).join(" ") }),
    s("circle", { cx: x, cy: y, r: "2.5" }),
  );
}

function scale(sizes, width, height, margin, others = []) {
  const values = [...sizes, ...others];
  const low = Math.min(...values);
  const span = Math.max(...values) - low || 1;
  const step = (width - 2 * margin) / Math.max(1, sizes.length - 1);
  const y = (size) => Math.round(10 * (height - margin - ((size - low) / span) * (height - 2 * margin))) / 10;
  return { y, points: sizes.map((size, index) => [Math.round(10 * (margin + index * step)) / 10, y(size)]) };
}

/** The line with the limit and what is approved, and the same as a table. */
function trendOf(image) {
  const moments = momentsOf(image);
  if (!moments.length) return null;
  // drawn in the size it is shown in, so that its text can be read on a phone
  const [width, height] = innerWidth < 600 ? [360, 180] : [900, 220];
  const sizes = moments.map((moment) => moment.size);
  const largest = Math.max(...sizes);
  // a limit that is far away would press the line flat
  const marks = [
    ["limit", image.limit],
    ["approved", image.approved],
  ].filter(([, size]) => size && size < 2 * largest);
  const at = scale(sizes, width, height, 16, marks.map(([, size]) => size));
  const [lastX, lastY] = at.points.at(-1);
  const line = at.points.map((point) => point.join(",")).join(" ");
  const chart = s(
    "svg",
    { class: "trend", viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": `Size over ${moments.length - 1} commits: from ${bytes(sizes[0])} to ${bytes(image.after)}, the largest ${bytes(largest)}` },
    s("polygon", { class: "under", points: `16,${height - 2} ${line} ${lastX},${height - 2}` }),
    ...marks.flatMap(([name, size]) => [
      s("line", { class: name, x1: "0", x2: String(width), y1: at.y(size), y2: at.y(size) }),
      s("text", { class: name, x: "16", y: at.y(size) > 30 ? at.y(size) - 5 : at.y(size) + 15 }, `${name} ${bytes(size)}`),
    ]),
    s("polyline", { points: line }),
    ...at.points.map(([x, y], index) => s("circle", { cx: x, cy: y, r: index === at.points.length - 1 ? "5" : "2.5" }, s("title", {}, `${moments[index].date.slice(0, 10)} ${moments[index].commit?.name ?? "now"}: ${bytes(sizes[index])}`))),
    s("text", { class: "now", x: lastX - 8, y: lastY > 30 ? lastY - 10 : lastY + 20, "text-anchor": "end" }, bytes(image.after)),
  );
  const rows = moments.map((moment, index) => ({ ...moment, index, delta: index ? moment.size - sizes[index - 1] : null }));
  return [
    chart,
    sortable({
      caption: "Size at each commit",
      rows: () => rows,
      sort: 0,
      first: 8,
      columns: [
        { label: "Commit", value: (row) => row.index, cell: (row) => (row.commit ? link(row.commit.url, row.commit.name, { class: "path" }) : "now"), falling: true },
        { label: "Date", value: (row) => row.date, cell: (row) => row.date.slice(0, 10) },
        { label: "Size", value: (row) => row.size, cell: (row) => bytes(row.size), number: true },
        { label: "Change", value: (row) => row.delta ?? 0, cell: (row) => growth(row.delta), number: true },
      ],
    }),
  ];
}
