/** Puts the page together; what was there for viewers without scripts goes. */
async function start() {
  const page = await readData();
  const home = document.getElementById("overview");
  const stage = document.getElementById("image");
  const { view, choose } = overview(page, (index) => open(index, true));
  document.body.append(h("div", { id: "said", class: "unseen", "aria-live": "polite" }));
  document.getElementById("about").replaceWith(about(page));
  home.replaceChildren(view);

  function open(index, byHand) {
    const image = page.images[index];
    if (!image) return;
    const { view: shown, shown: ready } = imageView(image, page.images.length > 1);
    stage.replaceChildren(shown);
    choose(index);
    ready();
    if (!byHand) return;
    history.replaceState(null, "", `#${encodeURIComponent(image.name)}`);
    shown.querySelector("h2").focus({ preventScroll: true });
    shown.scrollIntoView();
  }

  const asked = named(page);
  open(asked < 0 ? 0 : asked, false);
  addEventListener("hashchange", () => open(named(page), false));
  document.documentElement.classList.add("ready");
}

/** The image that the address asks for: report.html#api. */
function named(page) {
  let name = location.hash.slice(1);
  try {
    name = decodeURIComponent(name);
  } catch {
    return -1;
  }
  return page.images.findIndex((image) => image.name === name);
}

start();
