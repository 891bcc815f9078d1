// The page's address as a code that a phone's camera reads; the server makes it.

OVERLAYS.push(({ overlay, calls, walk, is_page }) => {
  if (!is_page) {
    return; // a notebook's address leads to the notebook
  }
  const panel = overlay.panel({ name: "phone", title: "On a phone" });
  const code = element("div", { className: "code", hidden: true }); // until it is there
  code.setAttribute("role", "img");
  const words = element("p", { role: "status" });
  const only_here = element("p", {
    textContent:
      "This address leads to this computer alone; for a phone, open the page under a name that the phone can reach.",
    hidden: !["localhost", "127.0.0.1", "[::1]"].includes(location.hostname),
  });
  panel.body.append(code, words, only_here);
  let shown = "";
  const ask = () => {
    if (shown !== location.href) {
      shown = location.href;
      calls.send("phone", { address: location.href });
    }
  };
  const button = overlay.button({
    name: "QR code for a phone",
    icon: '<path d="M3 3h5v5H3zM12 3h5v5h-5zM3 12h5v5H3zM12 12h2v2h-2zM16 12h1M12 16.500h1M15.500 15.500h1.500v1.500h-1.500zM5.500 5.500h.1M14.500 5.500h.1M5.500 14.500h.1"/>',
    group: "places",
    keys: ["q"],
    toggles: true,
    action: panel.toggle,
  });
  panel.on_open = () => {
    button.pressed = true;
    ask();
  };
  panel.on_close = () => (button.pressed = false);
  calls.on("phone", ({ svg, words: said }) => {
    code.innerHTML = svg;
    code.hidden = svg === "";
    code.setAttribute("aria-label", `QR code of ${shown}`);
    code.dataset.address = shown;
    words.textContent = said;
  });
  // Where the picture rests the address changes: the code that is open is of that.
  walk.listen(() => panel.is_open && ask());
});
