// Looks that share the palette out anew keep their colours while one moves: those of the picture at
// rest come softly over them, and not at once.

const EASE_MS = 280;

OVERLAYS.push((here) => {
  const { overlay, camera, frames, requests } = here;
  const before = overlay.canvas("before");
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  let easing = null;
  let seen = "";
  const place = () => [camera.x, camera.y, camera.width, camera.columns, camera.rows].join();

  const end = () => {
    easing = null;
    Object.assign(before, { hidden: true, width: 0, height: 0 });
  };
  end();
  frames.on_eased = () => {
    const shown = here.view.canvas_view?.primary?.canvas;
    if (still.matches || requests.timer !== null || !(shown?.width > 0)) {
      return;
    }
    easing?.cancel();
    Object.assign(before, { hidden: false, width: shown.width, height: shown.height });
    before.getContext("2d").drawImage(shown, 0, 0);
    seen = place();
    easing = before.animate({ opacity: [1, 0] }, { duration: EASE_MS, easing: "ease-in-out" });
    easing.onfinish = end;
    easing.oncancel = end;
  };
  overlay.follow(() => {
    if (easing !== null && place() !== seen) {
      easing.cancel();
    }
  });
});
