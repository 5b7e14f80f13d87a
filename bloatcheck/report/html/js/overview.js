const FEW_IMAGES = 8;

/** Who, what and when, below the verdict. */
function about(page) {
  const facts = [
    page.repository,
    page.pull ? `pull request #${page.pull}` : null,
    page.commit ? ["commit ", link(page.commit.url, page.commit.name)] : null,
    page.baseline ? ["compared with ", page.before ? link(page.before.url, page.baseline) : page.baseline] : null,
    page.run ? link(page.run, "the run") : null,
    page.enforced ? null : "broken limits are only told",
  ].filter(Boolean);
  return h(
    "div",
    { class: "about" },
    h("p", null, facts.map((fact, index) => [index ? h("span", { class: "dot" }, " · ") : null, h("span", null, fact)])),
    page.changes.length
      ? h("div", { class: "note warn" }, h("p", null, page.changes_told), h("ul", null, page.changes.map((change) => h("li", null, change.looser ? "⚠️ " : "", change.text))))
      : null,
    page.notes.map((note) => h("p", { class: "note" }, note)),
  );
}

/** One card an image. Of many images, those with nothing to tell are folded, and all can be searched. */
function overview(page, open) {
  const cards = page.images.map((image, index) => card(image, () => open(index)));
  const quiet = page.images.map((image) => image.outcome === "pass" && image.delta === 0);
  const folded = page.images.length > FEW_IMAGES && quiet.filter(Boolean).length > 1;
  let unfolded = !folded;
  let query = "";
  let current = -1;
  const list = h("ul", { class: page.images.length === 1 ? "cards one" : "cards" }, cards);
  const status = h("span", { class: "told", role: "status" });
  const more = h("button", { type: "button", class: "more", on: { click: () => ((unfolded = true), show()) } });
  const search = h("input", {
    type: "search",
    placeholder: "Find an image",
    "aria-label": "Find an image",
    on: { input: (event) => ((query = event.target.value.toLowerCase()), show()) },
  });

  function show() {
    let left = 0;
    page.images.forEach((image, index) => {
      const found = image.name.toLowerCase().includes(query);
      const away = !unfolded && !query && quiet[index] && index !== current;
      cards[index].hidden = !found || away;
      left += away ? 1 : 0;
    });
    more.hidden = left === 0;
    more.textContent = `Show ${count(left, "unchanged image")}`;
    status.textContent = query ? count(cards.filter((each) => !each.hidden).length, "image") : "";
  }

  show();
  return {
    view: h("div", null, page.images.length > FEW_IMAGES ? h("div", { class: "tools" }, search, status) : null, list, more),
    choose: (index) => {
      current = index;
      cards.forEach((each, number) => {
        const button = each.querySelector("button");
        if (number === index) button.setAttribute("aria-current", "true");
        else button.removeAttribute("aria-current");
      });
      show();
    },
  };
}

function card(image, open) {
  const delta = image.delta ?? null;
  return h(
    "li",
    null,
    h(
      "button",
      { type: "button", class: `card ${image.outcome}`, on: { click: open } },
      h("span", { class: "who" }, h("strong", null, image.name), h("span", { class: `verdict ${image.outcome}` }, h("span", { "aria-hidden": "true" }, image.icon), ` ${image.verdict}`)),
      h("span", { class: "where" }, image.platform, sparkline(image)),
      image.failure
        ? h("span", { class: "why" }, image.failure.message)
        : h(
            "span",
            { class: "figures" },
            h("span", null, h("small", null, "before"), h("b", null, image.figures[0])),
            h("span", { class: "arrow", "aria-hidden": "true" }, "→"),
            h("span", null, h("small", null, "after"), h("b", null, image.figures[1])),
            delta === null ? null : h("span", { class: `delta ${delta > 0 ? "up" : delta < 0 ? "down" : "flat"}` }, growth(delta), image.percent ? h("small", null, image.percent) : null),
          ),
      image.shares?.length ? proportions(image) : null,
    ),
  );
}

/** Whose the bytes are, in one bar. */
function proportions(image) {
  const sums = { base: 0, package: 0, own: 0 };
  for (const share of image.shares) sums[share.cause] += share.size;
  const whole = sums.base + sums.package + sums.own;
  const told = Object.keys(sums).filter((cause) => sums[cause]);
  return h(
    "span",
    { class: "proportions" },
    h("span", { class: "stacked", "aria-hidden": "true" }, told.map((cause) => h("i", { class: cause, style: { "flex-grow": String(sums[cause] / whole) } }))),
    h("span", { class: "legend" }, told.map((cause) => h("span", null, h("i", { class: `dot-${cause}`, "aria-hidden": "true" }), `${CAUSES[cause]} ${bytes(sums[cause])}`))),
  );
}
