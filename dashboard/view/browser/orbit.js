// The path of the point under the cursor, over the picture: a line from step to step.

const FADED = 0.16; // how much of the line's strength the last steps of a long path keep

OVERLAYS.push((here) => {
  const { overlay, camera, cursor } = here;
  const canvas = overlay.canvas("orbit");
  canvas.setAttribute("aria-hidden", "true");
  let [on, drawn] = [false, false];

  const fit = () => {
    const [wide, high] = [camera.columns, camera.rows].map((size) => Math.round(size * devicePixelRatio));
    if (canvas.width !== wide || canvas.height !== high) {
      [canvas.width, canvas.height] = [wide, high];
    }
  };
  const draw = () => {
    const path = on && cursor.point !== null ? cursor.answer?.path : null;
    if (path == null) {
      if (drawn) {
        canvas.getContext("2d").clearRect(0, 0, canvas.width, canvas.height);
        drawn = false;
      }
      return;
    }
    fit();
    const context = canvas.getContext("2d");
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, canvas.width, canvas.height);
    context.scale(devicePixelRatio, devicePixelRatio);
    draw_path(context, here, path, cursor.answer.period);
    drawn = true;
  };
  const button = overlay.button({
    name: "Orbit of the point under the cursor",
    icon: '<path d="M3 15L13 5L6 7L15 13L9 15"/><circle cx="3" cy="15" r="1.200"/>',
    group: "cursor",
    keys: ["o"],
    help: "Orbit of the point under the cursor",
    toggles: true,
    action: () => {
      set_on(!on);
      if (on && cursor.point === null) {
        cursor.pin(cursor.place);
      }
    },
  });
  const set_on = (is) => {
    on = button.pressed = is;
    draw();
    cursor.again();
  };
  cursor.shows(() => on, set_on);
  cursor.wish(() => (on ? { path: true } : null));
  cursor.listen(draw);
});

// The line with a dot a step; the cycle that it ends in, if it does, with larger ones.
function draw_path(context, here, path, period) {
  const steps = path.length / 2;
  const points = Array.from({ length: steps }, (_, n) => within_reach(on_window(here, path[2 * n], path[2 * n + 1])));
  context.lineWidth = 1.25;
  context.lineJoin = "round";
  for (let n = 1; n < steps; n++) {
    context.globalAlpha = Math.max(1 - n / 60, FADED);
    context.strokeStyle = "#ffffff";
    context.beginPath();
    context.moveTo(...points[n - 1]);
    context.lineTo(...points[n]);
    context.stroke();
  }
  const cycle = period == null ? 0 : Math.min(period, steps - 1);
  for (let n = 0; n < steps; n++) {
    const last = n >= steps - cycle;
    context.globalAlpha = last ? 1 : Math.max(1 - n / 120, 0.35);
    context.fillStyle = n === 0 ? "#6cd5ff" : last ? "#ffd24d" : "#ffffff";
    context.beginPath();
    context.arc(...points[n], n === 0 || last ? 4 : 2.2, 0, 2 * Math.PI);
    context.fill();
  }
  context.globalAlpha = 1;
}

// Canvases draw nothing of lines that end too far away.
function within_reach([left, top]) {
  const most = 1e5;
  return [left, top].map((part) => Math.min(Math.max(part, -most), most));
}
