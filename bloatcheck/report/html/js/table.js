const FIRST_ROWS = 15;

/**
 * A table that can be sorted by its heads, and searched.
 *
 * Columns: `label`, `value` (row -> what is sorted by), `cell` (row -> what is shown, else the value),
 * `number` (right-aligned, largest first), `falling` (largest first), `wide`. `find` (row -> text) switches the search on.
 * `first`: so many rows are shown until all are asked for.
 */
function sortable({ caption, columns, rows, find, sort = 0, extra = null, first = FIRST_ROWS }) {
  let by = sort;
  let falling = Boolean(columns[by].number || columns[by].falling);
  let all = false;
  let query = "";
  const body = h("tbody");
  const heads = columns.map((column, index) =>
    h(
      "th",
      { scope: "col", class: column.number ? "number" : column.wide ? "wide-cell" : null },
      h("button", { type: "button", class: "sort", on: { click: () => sortBy(index) } }, column.label),
    ),
  );
  const more = h("button", { type: "button", class: "more", on: { click: () => ((all = true), fill()) } });
  const told = h("span", { class: "told", role: "status" });
  const search = find
    ? h("input", {
        type: "search",
        placeholder: "Filter",
        "aria-label": `Filter: ${caption}`,
        on: { input: (event) => ((query = event.target.value.toLowerCase()), fill()) },
      })
    : null;

  function sortBy(index) {
    falling = by === index ? !falling : Boolean(columns[index].number || columns[index].falling);
    by = index;
    fill();
  }

  function fill() {
    const found = query ? rows().filter((row) => find(row).toLowerCase().includes(query)) : [...rows()];
    const value = columns[by].value;
    found.sort((one, other) => {
      const [left, right] = [value(one), value(other)];
      const order = typeof left === "number" ? left - right : String(left).localeCompare(String(right));
      return falling ? -order : order;
    });
    heads.forEach((head, index) => {
      if (index === by) head.setAttribute("aria-sort", falling ? "descending" : "ascending");
      else head.removeAttribute("aria-sort");
    });
    const shown = all ? found : found.slice(0, first);
    body.replaceChildren(
      ...shown.map((row) =>
        h(
          "tr",
          null,
          columns.map((column, index) =>
            h(
              index === 0 ? "th" : "td",
              {
                scope: index === 0 ? "row" : null,
                class: column.number ? "number" : column.wide ? "wide-cell" : null,
                "data-label": column.label,
              },
              column.cell ? column.cell(row) : column.value(row),
            ),
          ),
        ),
      ),
    );
    more.hidden = shown.length === found.length;
    more.textContent = `Show all ${found.length.toLocaleString("en")}`;
    told.textContent = query ? `${found.length.toLocaleString("en")} of ${rows().length.toLocaleString("en")}` : "";
  }

  fill();
  const view = h(
    "div",
    { class: "table" },
    search || extra ? h("div", { class: "tools" }, extra, search, told) : null,
    h(
      "div",
      { class: "scroll", tabindex: "0", role: "group", "aria-label": caption },
      h("table", null, h("caption", { class: "unseen" }, caption), h("thead", null, h("tr", null, heads)), body),
    ),
    more,
  );
  view.refill = fill;
  return view;
}
