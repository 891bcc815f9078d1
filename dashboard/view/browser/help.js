// The list of keys and gestures.

const GESTURES = [
  ["Wheel, pinch", "Zoom where the pointer is"],
  ["Drag", "Move the picture"],
  ["Shift and drag", "Zoom to a box"],
  ["Double click, double tap", "Centre and zoom in"],
  ["Shift and double click, double right click", "Centre and zoom out"],
];

OVERLAYS.push(({ overlay }) => {
  const panel = overlay.panel({ name: "help", title: "Keys and gestures" });
  panel.body.tabIndex = 0; // so that keys can scroll it
  const button = overlay.button({
    name: "Keys and gestures",
    icon: '<path d="M7.500 7.500a2.500 2.500 0 1 1 3.600 2.200c-.8.4-1.100.9-1.100 1.800M10 14.500v.1"/><circle cx="10" cy="10" r="7.500"/>',
    group: "help",
    keys: ["?"],
    toggles: true,
    action: panel.toggle,
  });
  panel.on_open = () => {
    button.pressed = true;
    const list = element("dl");
    const known = overlay.keys.map(({ shown: name, help }) => [name, help]);
    for (const [name, help] of [...GESTURES, ...known]) {
      list.append(element("dt", { textContent: name }), element("dd", { textContent: help }));
    }
    panel.body.replaceChildren(list);
  };
  panel.on_close = () => (button.pressed = false);
});
