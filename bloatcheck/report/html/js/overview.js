const FEW_IMAGES = 8;
const MOST_CARDS = 12;
const MOST_FOUND = 60;

/** Who, what and when, below the verdict. */
function about(page) {
  const facts = [
    page.repository,
    page.request,
    page.commit ? ["commit ", link(page.commit.url, page.commit.name)] : null,
    page.baseline ? ["compared with ", page.before ? link(page.before.url, page.baseline) : page.baseline] : null,
    page.run ? link(page.run, "the run") : null,
    page.judged_by_base ? "judged by the base branch's rules" : null,
    page.enforced ? null : "broken limits are only told",
  ].filter(Boolean);
  return h(
    "div",
    { class: "about" },
    h("p", null, facts.map((fact, index) => [index ? h("span", { class: "dot" }, " · ") : null, h("span", null, fact)])),
    page.changes.length
      ? h("div", { class: "note warn" }, h("p", null, page.changes_told), h("ul", null, page.changes.map((change) => h("li", null, change.looser ? "⚠️ " : "", change.text))))
      : null,
    page.bases.map((base) => h("p", { class: "note" }, base)),
    page.fleet ? h("p", { class: "note" }, page.fleet) : null,
    page.notes.map((note) => h("p", { class: "note" }, note)),
  );
}

/** One card an image. Of many images, those with nothing to tell are folded, and all can be searched. */
function overview(page, open) {
  // made when they are first shown: there may be hundreds
  const cards = new Map();
  const many = page.images.length > FEW_IMAGES;
  const folded = many && page.images.filter((image) => image.quiet).length > 1;
  let unfolded = !folded;
  let most = many ? MOST_CARDS : Infinity;
  let query = "";
  let current = -1;
  const list = h("ul", { class: page.images.length === 1 ? "cards one" : "cards" });
  const status = h("span", { class: "told", role: "status" });
  const more = h("button", { type: "button", class: "more", on: { click: () => reveal() } });
  const search = h("input", {
    type: "search",
    placeholder: "Find an image",
    "aria-label": "Find an image",
    on: { input: (event) => ((query = event.target.value.trim().toLowerCase()), (most = query ? MOST_FOUND : MOST_CARDS), show()) },
  });

  function cardOf(index) {
    if (!cards.has(index)) cards.set(index, card(page.images[index], () => open(index)));
    const button = cards.get(index).firstChild;
    if (index === current) button.setAttribute("aria-current", "true");
    else button.removeAttribute("aria-current");
    return cards.get(index);
  }

  /** The rest of what was found first, then what has nothing to tell. */
  function reveal() {
    const [first] = [...list.children].slice(-1);
    if (found().length <= most) unfolded = true;
    most = Infinity;
    show();
    (first?.nextSibling ?? first)?.firstChild.focus({ preventScroll: true });
  }

  function found() {
    const numbers = page.images.map((_, index) => index).filter((index) => `${page.images[index].name} ${page.images[index].platform}`.toLowerCase().includes(query));
    return unfolded || query ? numbers : numbers.filter((index) => !page.images[index].quiet || index === current);
  }

  function show() {
    const numbers = found();
    const shown = numbers.filter((index, position) => position < most || index === current);
    list.replaceChildren(...shown.map(cardOf));
    const left = numbers.length - shown.length;
    const quiet = page.images.length - numbers.length;
    more.hidden = !left && (!quiet || query !== "");
    more.textContent = left ? `Show ${count(left, "more image")}` : `Show ${count(quiet, "unchanged image")}`;
    status.textContent = query ? count(numbers.length, "image") : "";
  }

  show();
  return {
    view: h("div", null, many ? h("div", { class: "tools" }, search, status) : null, list, more),
    choose: (index) => {
      current = index;
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
      h("span", { class: "who" }, h("strong", null, image.name), h("span", { class: `verdict ${image.unbuilt ? "unbuilt" : image.outcome}` }, h("span", { "aria-hidden": "true" }, image.icon), ` ${image.verdict}`)),
      h("span", { class: "where" }, image.platform, sparkline(image)),
      image.failure
        ? h("span", { class: "why" }, image.failure.place ? `${placeName(image.failure.place)}: ` : "", image.failure.reason || image.failure.message)
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
