// Where one is, always readable; a field that leads elsewhere; what can be copied.

OVERLAYS.push(({ overlay, camera, calls, walk, is_page }) => {
  const line = overlay.button({
    name: "Go to coordinates or a link",
    icon: '<circle cx="10" cy="10" r="5.500"/><path d="M10 1.500v5M10 13.500v5M1.500 10h5M13.500 10h5"/>',
    keys: ["g"],
    region: "top-left",
    action: () => panel.toggle(),
  });
  line.element.classList.add("glass", "place");
  const readable = element("span", { className: "numbers" });
  line.element.append(readable);
  overlay.follow(() => {
    readable.textContent = short(camera);
  });

  const panel = overlay.panel({ name: "whereabouts", title: "Where to go" });
  const field = element("input", { type: "text", spellcheck: false, autocomplete: "off", id: "place" });
  field.setAttribute("enterkeyhint", "go");
  field.setAttribute("aria-describedby", "place-hint place-wrong");
  const hint = element("p", { className: "hint", id: "place-hint" });
  const wrong = element("p", { className: "wrong", id: "place-wrong", role: "alert" });
  const go = element("button", { type: "submit", className: "text", textContent: "Go" });
  const form = element(
    "form",
    {},
    element("label", { htmlFor: "place", textContent: "Coordinates with a width or zoom, or a link" }),
    element("div", { className: "row" }, field, go),
    hint,
    wrong,
  );
  const copying = [["Copy coordinates", () => copy(full(walk.link, camera), "Coordinates copied")]];
  if (is_page) {
    copying.push(["Copy link", () => copy(location.href, "Link copied")]);
  }
  const buttons = copying.map(([textContent, onclick]) =>
    element("button", { type: "button", className: "text", textContent, onclick }),
  );
  panel.body.append(form, element("div", { className: "row" }, ...buttons));
  const copy = async (text, said) => {
    overlay.announce((await copied(text)) ? said : "The browser does not let it be copied");
  };
  panel.on_open = () => {
    field.value = full(walk.link, camera);
    hint.textContent = `Without a width or zoom the width stays ${width_to_the_digit(walk.link, camera)}.`;
    wrong.textContent = "";
    field.focus();
    field.select();
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    calls.send("find", { text: field.value });
  });
  calls.on("found", ({ wrong: sentence, notice }) => {
    wrong.textContent = sentence;
    if (sentence === "") {
      panel.close();
      overlay.announce(notice);
    } else {
      field.focus();
    }
    field.setAttribute("aria-invalid", sentence !== "");
  });

  if (is_page) {
    overlay.button({
      name: "Copy link",
      icon: '<path d="M8.500 11.500a3.200 3.200 0 0 0 4.700.2l2.600-2.600a3.300 3.300 0 0 0-4.700-4.700l-1 1M11.500 8.500a3.200 3.200 0 0 0-4.700-.2l-2.600 2.600a3.300 3.300 0 0 0 4.700 4.700l1-1"/>',
      group: "places",
      keys: ["l"],
      action: () => copy(location.href, "Link copied"),
    });
  }
});

// What can be read at a glance: as many digits as make a difference.
function short({ x, y, width }) {
  const digits = Math.min(Math.max(Math.ceil(2.5 - Math.log10(width)), 1), 17);
  const part = (value) => Math.abs(value).toFixed(digits);
  const sign = (value) => (value < 0 && Number(part(value)) !== 0 ? "−" : "");
  const wide = width >= 0.01 ? String(Number(width.toPrecision(3))) : width.toExponential(2);
  return `${sign(x)}${part(x)} ${sign(y) || "+"} ${part(y)}i · ${wide.replace("-", "−")} wide`;
}

// Every digit that the link has: what is copied leads to exactly here. A link leaves out what is as
// at home, where a browser's numbers are exact.
function full(link, camera) {
  const values = new URLSearchParams(link);
  const [x, y] = ["x", "y"].map((name) => values.get(name) ?? String(camera[name]));
  const width = width_to_the_digit(link, camera);
  const imaginary = y.startsWith("-") ? y : `+${y}`;
  return `${x}${imaginary}i, width ${width}`;
}

function width_to_the_digit(link, camera) {
  return new URLSearchParams(link).get("width") ?? String(camera.width);
}

async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Where the page is not served securely there is only the old way.
    const field = element("textarea", { value: text });
    field.style.cssText = "position: fixed; opacity: 0";
    document.body.append(field);
    field.select();
    const done = document.execCommand("copy");
    field.remove();
    return done;
  }
}
