// The Julia set of the point under the cursor, small; and the ways to it and back.

const SMALL = 220; // pixels of CSS

OVERLAYS.push((here) => {
  const { overlay, camera, cursor, calls, formula, on_formula } = here;
  const small = element("canvas", { className: "picture" });
  small.setAttribute("role", "img");
  const caption = element("figcaption");
  const take = element("button", { type: "button", className: "text", textContent: "Make it the picture" });
  take.title = "Make it the picture (Enter)";
  const preview = element("figure", { className: "glass julia", hidden: true }, small, caption, take);
  const back = element("button", { type: "button", className: "text live back glass", hidden: true });
  back.textContent = "Back to the Mandelbrot set";
  back.title = "Back to the Mandelbrot set (j)";
  overlay.region("bottom-left").append(back, preview);

  let [on, drawing, shown] = [false, null, null];

  const show = async () => {
    const { answer, point } = cursor;
    preview.hidden = !on || !formula.julia || (shown === null && point === null);
    if (shown === null) {
      small.getContext("2d").clearRect(0, 0, small.width, small.height);
      set_text(caption, "Computing …");
    }
    if (preview.hidden || answer === null || answer === drawing || answer.julia_data == null) {
      return;
    }
    const row = (drawing = answer);
    const picture = await decoded((name) => row[name], "julia_");
    if (drawing !== row) {
      return;
    }
    paint_small(small, picture);
    small.setAttribute("aria-label", `Julia set of c = ${complex_in_words(row.x, row.y, 6)}`);
    shown = row;
    set_text(caption, `Julia set of c = ${complex_in_words(row.x, row.y, 4)}`);
    preview.hidden = !on;
  };
  const make = () => {
    const c = cursor.pinned || shown === null ? cursor.place : shown;
    // No more digits than tell pixels apart: the link says them all.
    const digits = digits_for(camera.width / camera.columns) + 1;
    const [x, y] = [c.x, c.y].map((part) => Number(part.toFixed(digits)));
    calls.send("julia", { x, y });
  };
  const toggle = (event) => {
    if (formula.back) {
      calls.send("back");
      return;
    }
    if (!formula.julia) {
      overlay.announce(`${formula.title} has no Julia sets here; the Mandelbrot set has`);
      return;
    }
    set_on(!on);
    if (on && cursor.point === null) {
      cursor.pin(cursor.place);
    }
  };
  const set_on = (is) => {
    on = button.pressed = is;
    shown = drawing = null;
    show();
    cursor.again();
  };
  cursor.shows(() => on, set_on);
  const button = overlay.button({
    name: "Julia set of the point under the cursor",
    icon: '<path d="M10 10c0-3 2-5 4.500-5S18 7 18 9s-1.500 3-3 3M10 10c0 3-2 5-4.500 5S2 13 2 11s1.500-3 3-3"/>',
    group: "cursor",
    keys: ["j"],
    help: "Julia set of the point under the cursor; of a Julia set the way back",
    toggles: true,
    action: toggle,
  });
  overlay.key({
    keys: ["Enter"],
    help: "Make the small Julia set the picture",
    action: () => on && formula.julia && make(),
  });
  take.addEventListener("click", make);
  back.addEventListener("click", () => calls.send("back"));
  on_formula.push(() => {
    back.hidden = !formula.back;
    button.name = formula.back ? "Back to the Mandelbrot set" : "Julia set of the point under the cursor";
    if (on && !formula.julia) {
      set_on(false);
    }
    show();
  });
  cursor.wish(() => (on && formula.julia ? { julia: Math.round(SMALL * devicePixelRatio) } : null));
  cursor.listen(show);
});

// Pixels as `decoded` gives them, first row at the bottom, onto a canvas.
function paint_small(canvas, { nx, ny, pixels }) {
  [canvas.width, canvas.height] = [nx, ny];
  const turned = new Uint32Array(nx * ny);
  const rows = new Uint32Array(pixels);
  for (let row = 0; row < ny; row++) {
    turned.set(rows.subarray(row * nx, (row + 1) * nx), (ny - 1 - row) * nx);
  }
  canvas.getContext("2d").putImageData(new ImageData(new Uint8ClampedArray(turned.buffer), nx, ny), 0, 0);
}
