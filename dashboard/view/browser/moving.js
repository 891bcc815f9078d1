// Getting around without a wheel: buttons and keys for back and forward, home, zoom, pan and the box.

const STEP = 0.2; // of the window, for an arrow key
const KEY_NOTCHES = 3;

OVERLAYS.push(({ overlay, walk }) => {
  const step = (by, name, keys, icon) =>
    overlay.button({ name, icon, keys, group: "views", action: () => walk.step(by) });
  const back = step(
    ...[-1, "Back to the view before", ["Backspace", "Ctrl+z"]],
    '<path d="M8 5L3.500 9.500 8 14M4 9.500h8a4.500 4.500 0 0 1 0 9"/>',
  );
  const forth = step(
    ...[1, "Forward again", ["Shift+Backspace", "Ctrl+y"]],
    '<path d="M12 5l4.500 4.500L12 14M16 9.500H8a4.500 4.500 0 0 0 0 9"/>',
  );
  walk.listen(() => {
    back.disabled = !walk.can_go_back;
    forth.disabled = !walk.can_go_forward;
  });
});

OVERLAYS.push(({ overlay, camera, travel, hand, go_home }) => {
  const zoom = (notches) => {
    const { x, y, width } = travel.end;
    travel.near(x, y, width * NOTCH ** -notches);
  };
  const pan = (across, up) => {
    const { x, y, width } = travel.end;
    travel.near(x + across * width, y + up * width, width);
  };
  overlay.button({
    name: "Zoom in",
    icon: '<path d="M4 10h12M10 4v12"/>',
    group: "move",
    keys: ["+", "="],
    action: () => zoom(KEY_NOTCHES),
  });
  overlay.button({
    name: "Zoom out",
    icon: '<path d="M4 10h12"/>',
    group: "move",
    keys: ["-", "_"],
    action: () => zoom(-KEY_NOTCHES),
  });
  const box = overlay.button({
    name: "Zoom to a box",
    icon: '<rect x="3.500" y="5" width="13" height="10" stroke-dasharray="2.500 2.300"/>',
    group: "move",
    keys: ["b"],
    help: "Drag a box to zoom to; with Shift at any time",
    toggles: true,
    action: () => {
      hand.boxes = !hand.boxes;
      box.pressed = hand.boxes;
    },
  });
  hand.on_box = () => (box.pressed = hand.boxes);
  overlay.button({
    name: "The whole set",
    icon: '<path d="M3 10l7-6 7 6M5 8.500V16h10V8.500"/>',
    group: "move",
    keys: ["Home", "h"],
    action: go_home,
  });
  const arrows = { ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, STEP], ArrowDown: [0, -STEP] };
  overlay.key({
    keys: Object.keys(arrows),
    shown: "← → ↑ ↓",
    help: "Move the picture",
    action: ({ key }) => pan(...arrows[key]),
  });
});
