// What is known of the point under the cursor, in words, and the nucleus that is near it.

OVERLAYS.push((here) => {
  const { overlay, camera, travel, cursor } = here;
  const line = (name) => element("div", { className: name });
  const [where, count, distance] = ["where", "count", "distance"].map(line);
  const [centre, zoom] = ["Centre on the nucleus", "Zoom to it"].map((textContent) =>
    element("button", { type: "button", className: "text", textContent }),
  );
  const nucleus = element("span");
  const close = element("button", { type: "button", className: "cross", title: "Let the point go (Esc)" });
  close.setAttribute("aria-label", "Let the point go");
  close.innerHTML = '<svg viewBox="0 0 20 20" aria-hidden="true"><path d="M5 5l10 10M15 5L5 15"/></svg>';
  const buttons = element("div", { className: "buttons" }, centre, zoom);
  const hint = element("div", { className: "hint", textContent: "n centres on it, a click keeps this point" });
  const about = element("div", { className: "nucleus" }, nucleus, buttons, hint);
  const readout = element("div", { className: "glass readout", hidden: true }, where, count, distance, about, close);
  readout.setAttribute("role", "group");
  readout.setAttribute("aria-label", "Point under the cursor");
  overlay.region("bottom-left").append(readout);
  const pin = element("div", { className: "mark pin", hidden: true });
  const ring = element("div", { className: "mark ring", hidden: true });
  overlay.canvases.append(ring, pin);

  let shown = matchMedia("(hover: hover)").matches;
  const found = () => (cursor.answer?.nucleus_period == null ? null : cursor.answer);

  const place = (mark, at) => {
    const [left, top] = at === null ? [-1, -1] : on_window(here, at.x, at.y);
    mark.hidden = !is_in_window(here, [left, top]);
    if (!mark.hidden) {
      mark.style.transform = `translate(${left}px, ${top}px)`;
    }
  };

  const show = () => {
    const { point, answer, pinned } = cursor;
    readout.hidden = !shown || point === null;
    readout.setAttribute("aria-live", pinned ? "polite" : "off");
    place(pin, pinned ? point : null);
    const near = found();
    place(ring, readout.hidden || near === null ? null : { x: near.nucleus_x, y: near.nucleus_y });
    if (readout.hidden) {
      return;
    }
    const pixel = camera.width / camera.columns;
    set_text(where, complex_in_words(point.x, point.y, digits_for(pixel)));
    set_text(count, answer === null ? "…" : count_in_words(answer));
    set_text(distance, answer === null ? "" : distance_in_words(answer, pixel));
    about.hidden = answer === null;
    if (near === null) {
      set_text(nucleus, answer === null ? "" : no_nucleus(answer));
    } else {
      const away = Math.hypot(near.nucleus_x - point.x, near.nucleus_y - point.y);
      set_text(nucleus, `Nucleus of period ${near.nucleus_period.toLocaleString("en")}, ${two_digits(away)} away`);
    }
    close.hidden = !pinned;
    buttons.hidden = !pinned || near === null;
    hint.hidden = pinned || near === null;
    readout.classList.toggle("old", !cursor.is_fresh);
  };

  const go = (closer) => {
    const near = found();
    if (near === null) {
      overlay.announce("No nucleus is known here: point at the set, or press i for the middle");
      return;
    }
    const width = closer ? Math.min(ROOM * near.nucleus_size, camera.width) : camera.width;
    cursor.unpin();
    travel.to(near.nucleus_x, near.nucleus_y, width);
  };
  centre.addEventListener("click", () => go(false));
  zoom.addEventListener("click", () => go(true));
  close.addEventListener("click", () => {
    cursor.unpin();
    overlay.surface.focus();
  });
  overlay.key({ keys: ["n"], help: "Centre on the nucleus near the cursor", action: () => go(false) });
  overlay.key({
    keys: ["i"],
    help: "Keep what is known of the point under the cursor, or of the middle, in view",
    action: () => {
      if (cursor.pinned) {
        cursor.unpin();
      } else {
        set_shown(true);
        cursor.pin(cursor.place);
      }
    },
  });
  overlay.key({
    keys: ["Escape"],
    shown: "Esc",
    help: "Close what is open; let go of the point, and end its orbit and its Julia set",
    action: () => cursor.end(),
  });
  const toggle = overlay.button({
    name: "What is under the cursor",
    icon: '<circle cx="10" cy="10" r="5.5"/><path d="M10 1.500v5M10 13.500v5M1.500 10h5M13.500 10h5"/>',
    group: "cursor",
    toggles: true,
    action: () => {
      set_shown(!shown);
      if (shown && !matchMedia("(hover: hover)").matches) {
        cursor.pin(cursor.place);
      }
    },
  });
  const set_shown = (is) => {
    shown = toggle.pressed = is;
    if (!is) {
      cursor.unpin();
    }
    show();
    cursor.again();
  };
  toggle.pressed = shown;
  cursor.on_press = () => set_shown(true);
  cursor.wish(() => (shown ? {} : null));
  cursor.listen(show);
});

// How much wider than a small copy of the set a window is that shows it well.
const ROOM = 4;

// Text is only touched where it changes: the browser lays out what is touched.
function set_text(node, text) {
  if (node.textContent !== text) {
    node.textContent = text;
  }
}

function count_in_words({ failure, iterations, smooth, period }) {
  if (failure != null) {
    return failure;
  }
  if (iterations !== null) {
    const whole = iterations.toLocaleString("en");
    return `${whole} ${iterations === 1 ? "iteration" : "iterations"}, smooth count ${smooth.toFixed(2)}`;
  }
  return period === null ? "Has not escaped; no cycle found" : `Inside, period ${period.toLocaleString("en")}`;
}

function distance_in_words({ failure, iterations, distance, distance_low, differentiable, inner }, pixel) {
  if (failure != null) {
    return "";
  }
  if (!differentiable) {
    return "No distance: of this formula's step no derivative is known";
  }
  if (distance === null) {
    return iterations === null && !inner ? "No distance inside: it is known of powers of z, plus c, alone" : "";
  }
  const pixels = `${two_digits(distance / pixel)} px`;
  const least = distance_low === null ? "" : `, at least ${two_digits(distance_low)}`;
  return `Boundary about ${two_digits(distance)} away (${pixels})${least}`;
}

// Why there is no nucleus to tell of.
function no_nucleus({ failure, nuclei }) {
  if (failure != null) {
    return "";
  }
  return {
    yes: "No nucleus was found from here",
    no: "No nuclei: a point of this plane is where z begins, not c",
    unknown: "No nuclei: of this formula's step they are not known",
  }[nuclei];
}

// Decimals that tell two neighbouring pixels apart.
function digits_for(pixel) {
  return Math.min(Math.max(Math.ceil(-Math.log10(pixel)), 2), 17);
}

function complex_in_words(x, y, digits) {
  const part = (value) => Math.abs(value).toFixed(digits);
  return `${x < 0 ? "−" : ""}${part(x)} ${y < 0 ? "−" : "+"} ${part(y)} i`;
}

const SUPERSCRIPTS = { "-": "⁻", 0: "⁰", 1: "¹", 2: "²", 3: "³", 4: "⁴", 5: "⁵", 6: "⁶", 7: "⁷", 8: "⁸", 9: "⁹" };

// Two digits, as people write them.
function two_digits(value) {
  if (value === 0 || (value >= 0.001 && value < 1e5)) {
    return `${Number(value.toPrecision(2))}`;
  }
  const [digits, power] = value.toExponential(1).split("e");
  const raised = [...power.replace("+", "")].map((digit) => SUPERSCRIPTS[digit]).join("");
  return `${digits}\u00a0×\u00a010${raised}`; // in one piece
}
