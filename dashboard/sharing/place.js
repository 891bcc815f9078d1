// A saved picture, browsed: levels of tiles, from one that is wider than the view to the finest.
// Lengths are in widths of the view that was saved, from its middle, downwards.
"use strict";
{
  const { levels, shape } = JSON.parse(document.getElementById("levels").textContent);
  const canvas = document.querySelector("canvas");
  const context = canvas.getContext("2d", { alpha: false });
  const readout = document.getElementById("where");
  const finest = levels.at(-1);
  const widest = Math.max(...levels.map(({ width }) => width));
  const LARGEST_PIXEL = 8; // of the screen, for one of the finest picture
  const ENOUGH = 1.001; // what differs by less is an end
  const NOTCH = 1.2, STEP = 0.15;
  const view = { x: 0, y: 0, scale: 1 }; // the middle; the screen's pixels to a width
  let moved = false; // whether anybody has: until then all of the view is shown, whatever the window
  let frame = null;
  let fitted = 0; // `fitting(1)` of the window so far

  const size = () => [canvas.width, canvas.height];
  const fitting = (width) => Math.min(size()[0] / width, size()[1] / (width * shape));
  const ends = () => [
    fitting(widest),
    Math.max((LARGEST_PIXEL * finest.columns) / finest.width, fitting(1)),
  ];
  const keep_within = () => {
    const [least, most] = ends();
    view.scale = Math.min(Math.max(view.scale, least), most);
    const [across, down] = [widest / 2, (widest * shape) / 2];
    view.x = Math.min(Math.max(view.x, -across), across);
    view.y = Math.min(Math.max(view.y, -down), down);
  };

  const images = new Map();
  const image_of = (source) => {
    if (!images.has(source)) {
      const image = new Image();
      images.set(source, null);
      image.onload = () => {
        images.set(source, image);
        draw_soon();
      };
      image.src = source;
    }
    return images.get(source);
  };

  const draw_level = (level) => {
    const [columns, rows] = size();
    const pixel = (level.width / level.columns) * view.scale; // of the level, on the screen
    const left = columns / 2 + (-level.width / 2 - view.x) * view.scale;
    const top = rows / 2 + ((-level.width * shape) / 2 - view.y) * view.scale;
    context.imageSmoothingEnabled = level !== finest || pixel < 2;
    context.imageSmoothingQuality = "high";
    level.tiles.forEach((row, down) =>
      row.forEach((source, across) => {
        // Whole pixels, so that between tiles no line is seen.
        const at = (start, tile, most) => [
          Math.round(start + tile * level.tile * pixel),
          Math.round(start + Math.min((tile + 1) * level.tile, most) * pixel),
        ];
        const [x0, x1] = at(left, across, level.columns);
        const [y0, y1] = at(top, down, level.rows);
        if (x1 > 0 && y1 > 0 && x0 < columns && y0 < rows) {
          const image = image_of(source);
          if (image !== null) context.drawImage(image, x0, y0, x1 - x0, y1 - y0);
        }
      }),
    );
  };
  const draw = () => {
    frame = null;
    context.fillStyle = "#000";
    context.fillRect(0, 0, ...size());
    // Up to the first one that is as fine as the screen: what is coarser shows until it is there.
    const enough = levels.findIndex(({ columns, width }) => columns / width >= view.scale * 0.999);
    levels.slice(0, enough < 0 ? levels.length : enough + 1).forEach(draw_level);
    const zoom = view.scale / fitting(1);
    const grown = view.scale / (finest.columns / finest.width);
    const [least, most] = ends();
    const told = [`${Number(zoom.toPrecision(2))} ×`];
    if (grown > 1.01) told.push("larger pixels only");
    if (view.scale < least * ENOUGH) told.push("there is no more around it");
    if (view.scale * ENOUGH > most) told.push("no closer");
    readout.textContent = told.join(", ");
    canvas.dataset.zoom = zoom;
  };
  const draw_soon = () => (frame ??= requestAnimationFrame(draw));
  const changed = () => {
    moved = true;
    keep_within();
    draw_soon();
  };

  // What is at these pixels of the screen, from its middle, stays there.
  const zoom = (factor, dx = 0, dy = 0) => {
    const before = view.scale;
    view.scale *= factor;
    keep_within();
    view.x += dx / before - dx / view.scale;
    view.y += dy / before - dy / view.scale;
    changed();
  };
  const pan = (dx, dy) => {
    view.x -= dx / view.scale;
    view.y -= dy / view.scale;
    changed();
  };
  const all = () => {
    Object.assign(view, { x: 0, y: 0, scale: fitting(1) });
    moved = false;
    draw_soon();
  };

  new ResizeObserver(() => {
    canvas.width = Math.max(1, Math.round(canvas.clientWidth * devicePixelRatio));
    canvas.height = Math.max(1, Math.round(canvas.clientHeight * devicePixelRatio));
    // The same place, as large a part of the window as before.
    if (moved) {
      view.scale *= fitting(1) / fitted;
      keep_within();
    } else {
      all();
    }
    fitted = fitting(1);
    draw();
  }).observe(canvas);

  const place = (event) => {
    const box = canvas.getBoundingClientRect();
    const ratio = canvas.width / box.width;
    return [
      (event.clientX - box.left - box.width / 2) * ratio,
      (event.clientY - box.top - box.height / 2) * ratio,
    ];
  };
  canvas.addEventListener(
    "wheel",
    (event) => {
      event.preventDefault();
      const lines = event.deltaMode === 0 ? event.deltaY / 100 : event.deltaY / 3;
      zoom(NOTCH ** -Math.min(Math.max(lines, -4), 4), ...place(event));
    },
    { passive: false },
  );
  const fingers = new Map();
  const spread = () => {
    const [a, b = a] = [...fingers.values()];
    return { x: (a[0] + b[0]) / 2, y: (a[1] + b[1]) / 2, apart: Math.hypot(a[0] - b[0], a[1] - b[1]) };
  };
  canvas.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    canvas.setPointerCapture(event.pointerId);
    fingers.set(event.pointerId, place(event));
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!fingers.has(event.pointerId)) return;
    const before = spread();
    fingers.set(event.pointerId, place(event));
    const after = spread();
    pan(after.x - before.x, after.y - before.y);
    if (fingers.size === 2 && before.apart > 0) zoom(after.apart / before.apart, after.x, after.y);
  });
  for (const type of ["pointerup", "pointercancel"]) {
    canvas.addEventListener(type, (event) => fingers.delete(event.pointerId));
  }
  canvas.addEventListener("dblclick", (event) => zoom(event.shiftKey ? 1 / 2 : 2, ...place(event)));

  const [in_, out] = [() => zoom(1.5), () => zoom(1 / 1.5)];
  const keys = {
    ...{ "+": in_, "=": in_, "-": out, 0: all, Home: all },
    ArrowLeft: () => pan(STEP * size()[0], 0),
    ArrowRight: () => pan(-STEP * size()[0], 0),
    ArrowUp: () => pan(0, STEP * size()[1]),
    ArrowDown: () => pan(0, -STEP * size()[1]),
  };
  canvas.addEventListener("keydown", (event) => {
    const action = event.ctrlKey || event.metaKey || event.altKey ? undefined : keys[event.key];
    if (action === undefined) return;
    event.preventDefault();
    action();
  });
  for (const button of document.querySelectorAll("[data-does]")) {
    button.addEventListener("click", { in: in_, out, all }[button.dataset.does]);
  }
  document.querySelector("input").addEventListener("focus", (event) => event.target.select());
}
