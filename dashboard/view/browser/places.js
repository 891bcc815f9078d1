// The panel of places: one's own, a gallery, and one by chance.

const CARD = { width: 240, height: 160 };

OVERLAYS.push(({ overlay, camera, frames, calls, walk }) => {
  const bookmarks = new Bookmarks();
  const panel = overlay.panel({ name: "places", title: "Places" });
  const text_button = (textContent, onclick) =>
    element("button", { type: "button", className: "text", textContent, onclick });
  const file = element("input", { type: "file", accept: ".json,application/json", hidden: true });
  const own = element("div", { className: "cards" });
  const gallery = element("div", { className: "cards" });
  const none = element("p", { className: "none", textContent: "None yet: “Keep this view” puts it here." });

  const card = (title, picture, go) => {
    const image = element("img", { src: picture, alt: "", width: CARD.width, height: CARD.height });
    const node = element("button", { type: "button", className: "card", onclick: go }, image);
    node.setAttribute("aria-label", title);
    return node;
  };
  const show_own = () => {
    const cards = bookmarks.all.map(({ name, link, picture }) => {
      const go = () => {
        panel.close();
        calls.send("walk", { link, steps: walk.steps });
      };
      const field = element("input", { type: "text", value: name, maxLength: MOST_LETTERS });
      field.setAttribute("aria-label", `Name of ${name}`);
      field.addEventListener("change", () => bookmarks.rename(link, field.value));
      const remove = element("button", { type: "button", className: "cross", title: "Remove" });
      remove.setAttribute("aria-label", `Remove ${name}`);
      remove.innerHTML = '<svg viewBox="0 0 20 20" aria-hidden="true"><path d="M5 5l10 10M15 5L5 15"/></svg>';
      remove.addEventListener("click", () => {
        bookmarks.remove(link);
        show_own();
      });
      return element("div", { className: "own" }, card(name, picture, go), remove, field);
    });
    own.replaceChildren(...cards);
    none.hidden = cards.length > 0;
  };
  const keep = () => {
    const formula = new URLSearchParams(walk.link).get("formula") ?? "mandelbrot";
    const wide = Number(camera.width.toPrecision(2));
    const name = `${formula.replaceAll("_", " ")}, ${wide} wide`;
    const place = { name, link: walk.link, picture: small(frames.newest) };
    overlay.announce(bookmarks.add(place) ? "Kept among your places" : "This browser does not keep it");
    show_own();
  };
  const surprise = () => {
    overlay.announce("Looking for a place …");
    panel.close();
    calls.send("surprise");
  };
  calls.on("surprised", ({ text }) => overlay.announce(text));
  const save = () => {
    const address = URL.createObjectURL(bookmarks.file);
    element("a", { href: address, download: "mandelbrot-places.json" }).click();
    setTimeout(() => URL.revokeObjectURL(address), 1000);
  };
  file.addEventListener("change", async () => {
    const [chosen] = file.files;
    if (chosen !== undefined) {
      overlay.announce(bookmarks.take(await chosen.text()));
      file.value = "";
      show_own();
    }
  });
  panel.body.append(
    element(
      "div",
      { className: "row" },
      text_button("Keep this view", keep),
      text_button("Surprise me", surprise),
      text_button("Export yours", save),
      text_button("Import", () => file.click()),
      file,
    ),
    element("h3", { textContent: "Yours, in this browser" }),
    none,
    own,
    element("h3", { textContent: "Gallery" }),
    gallery,
  );
  panel.on_open = () => {
    button.pressed = true;
    show_own();
    if (gallery.childElementCount === 0) {
      calls.send("places");
    }
  };
  panel.on_close = () => (button.pressed = false);
  calls.on("places", ({ names, titles, pictures }) => {
    const cards = names.map((name, i) => {
      const go = () => {
        panel.close();
        calls.send("place", { name });
      };
      const node = card(titles[i], pictures[i], go);
      node.append(element("span", { textContent: titles[i] }));
      return node;
    });
    gallery.replaceChildren(...cards);
  });

  const button = overlay.button({
    name: "Places",
    icon: '<path d="M10 17.500s-5.500-5-5.500-9a5.500 5.500 0 0 1 11 0c0 4-5.500 9-5.500 9z"/><circle cx="10" cy="8.500" r="2"/>',
    group: "places",
    keys: ["p"],
    toggles: true,
    action: panel.toggle,
  });
  overlay.button({
    name: "Keep this view among your places",
    icon: '<path d="M5.500 3h9v14L10 13.500 5.500 17z"/>',
    group: "places",
    keys: ["k"],
    action: keep,
  });
  overlay.button({
    name: "Surprise me",
    icon: '<rect x="3.500" y="3.500" width="13" height="13" rx="2.500"/><path d="M7 7h.1M13 13h.1M13 7h.1M7 13h.1M10 10h.1"/>',
    help: "Go to a place with structure, found by chance",
    group: "places",
    keys: ["r"],
    action: surprise,
  });
});

// A picture that is on screen, cut to a card's shape, as a data URL; empty if there is none.
function small(picture) {
  if (picture === null) {
    return "";
  }
  const { nx, ny, pixels } = picture;
  const whole = canvas(nx, ny);
  whole.putImageData(new ImageData(new Uint8ClampedArray(pixels), nx, ny), 0, 0);
  const context = canvas(CARD.width, CARD.height);
  const scale = Math.min(nx / CARD.width, ny / CARD.height);
  const [wide, high] = [scale * CARD.width, scale * CARD.height];
  context.setTransform(1, 0, 0, -1, 0, CARD.height); // the first row is at the bottom
  context.imageSmoothingQuality = "high";
  context.drawImage(
    whole.canvas,
    ...[(nx - wide) / 2, (ny - high) / 2, wide, high, 0, 0, CARD.width, CARD.height],
  );
  return context.canvas.toDataURL("image/webp", 0.8);
}
