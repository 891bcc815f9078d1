// The whole set with the window in it; the window can be dragged there.

const [SIDE, LEAST_SIDE] = [132, 92]; // pixels of the screen, the second on small ones
const MARGIN = 1.12; // how much more than home the map shows
const LEAST_MARK = 7; // a smaller window is shown as a mark of this size

OVERLAYS.push(({ overlay, camera, frames, travel, moved }) => {
  const map = element("div", { className: "minimap glass live" });
  const picture = element("canvas");
  const mark = element("div", { className: "window" });
  picture.setAttribute("role", "img");
  picture.setAttribute("aria-label", "Map of the whole set with the window in it; drag to move");
  map.append(picture, mark);
  overlay.region("bottom-right").append(map);
  let wanted = true;
  let extent = null; // of the map: {left, bottom, unit, side}

  const draw = () => {
    const { whole } = frames;
    const { home } = camera;
    const side = overlay.root.clientWidth < 520 ? LEAST_SIDE : SIDE;
    const wide = MARGIN * Math.max(home.width, home.height ?? home.width);
    extent = { left: home.x - wide / 2, bottom: home.y - wide / 2, unit: wide / side, side, whole };
    const pixels = Math.round(side * devicePixelRatio);
    Object.assign(picture, { width: pixels, height: pixels });
    map.style.setProperty("--side", `${side}px`);
    const source = canvas(whole.nx, whole.ny).canvas;
    const image = new ImageData(new Uint8ClampedArray(whole.pixels), whole.nx, whole.ny);
    source.getContext("2d").putImageData(image, 0, 0);
    const context = picture.getContext("2d");
    const scale = whole.nx / (whole.right - whole.left);
    context.setTransform(1, 0, 0, -1, 0, pixels); // the picture's first row is at the bottom
    context.imageSmoothingQuality = "high";
    context.drawImage(
      source,
      ...[(extent.left - whole.left) * scale, (extent.bottom - whole.bottom) * scale],
      ...[wide * scale, wide * scale, 0, 0, pixels, pixels],
    );
  };

  const follow = () => {
    const shows = wanted && frames.whole !== null && camera.width < 0.7 * camera.home.width;
    map.hidden = !shows;
    if (!shows) {
      return;
    }
    const small = overlay.root.clientWidth < 520;
    if (extent?.whole !== frames.whole || (extent.side === LEAST_SIDE) !== small) {
      draw();
    }
    const { left, bottom, unit, side } = extent;
    const [wide, high] = [camera.width / unit, camera.height / unit];
    const tiny = Math.max(wide, high) < LEAST_MARK;
    const [across, up] = tiny ? [LEAST_MARK, LEAST_MARK] : [wide, high];
    mark.classList.toggle("tiny", tiny);
    const x = (camera.x - left) / unit - across / 2;
    const y = side - (camera.y - bottom) / unit - up / 2;
    mark.style.transform = `translate(${x.toFixed(2)}px, ${y.toFixed(2)}px)`;
    mark.style.width = `${across.toFixed(2)}px`;
    mark.style.height = `${up.toFixed(2)}px`;
  };
  overlay.follow(follow);
  frames.on_whole = () => overlay.changed();

  let box = null; // where the map was when it was pressed: it may make room for what is said
  const at = (event) => {
    const { left, bottom, unit, side } = extent;
    return {
      x: left + (event.clientX - box.left) * unit,
      y: bottom + (side - (event.clientY - box.top)) * unit,
    };
  };
  let held = null; // from the pointer to the window's centre while it is dragged
  map.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) {
      return;
    }
    box = picture.getBoundingClientRect();
    const point = at(event);
    const { x, y, width, height } = camera;
    const reach = (LEAST_MARK * extent.unit) / 2;
    const within =
      Math.abs(point.x - x) <= Math.max(width / 2, reach) &&
      Math.abs(point.y - y) <= Math.max(height / 2, reach);
    map.setPointerCapture(event.pointerId);
    if (within) {
      held = { x: x - point.x, y: y - point.y };
    } else {
      held = { x: 0, y: 0 };
      travel.near(point.x, point.y, width);
    }
  });
  map.addEventListener("pointermove", (event) => {
    if (held !== null && event.buttons & 1 && (event.movementX !== 0 || event.movementY !== 0)) {
      const point = at(event);
      camera.set(point.x + held.x, point.y + held.y, camera.width);
      moved();
    }
  });
  for (const end of ["pointerup", "pointercancel"]) {
    map.addEventListener(end, () => (held = null));
  }
  const button = overlay.button({
    name: "Map of the whole set",
    icon: '<rect x="2.500" y="4" width="15" height="12" rx="1.500"/><rect x="9.500" y="9.500" width="5.500" height="4"/>',
    group: "views",
    keys: ["m"],
    toggles: true,
    action: () => {
      wanted = !wanted;
      button.pressed = wanted;
      overlay.changed();
    },
  });
  button.pressed = wanted;
});
