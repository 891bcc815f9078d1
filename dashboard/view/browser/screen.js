// The picture alone over the whole screen: by the page around it, or by the browser in a notebook.

OVERLAYS.push((here) => {
  const { overlay, is_page } = here;
  const button = overlay.button({
    name: "Full screen",
    icon: '<path d="M4 8V4h4M12 4h4v4M16 12v4h-4M8 16H4v-4"/>',
    group: "picture",
    keys: ["f"],
    toggles: true,
    action: () => {
      if (is_page) {
        dispatchEvent(new CustomEvent("toggle-alone"));
      } else if (document.fullscreenElement === null) {
        here.view.el.requestFullscreen?.();
      } else {
        document.exitFullscreen();
      }
    },
  });
  if (is_page) {
    addEventListener("alone", ({ detail }) => (button.pressed = detail));
  } else {
    document.addEventListener("fullscreenchange", () => {
      button.pressed = document.fullscreenElement !== null;
    });
  }
});
