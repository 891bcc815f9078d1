// The picture is there in full, and its edges are being smoothed: more is to come.

OVERLAYS.push(({ overlay, calls }) => {
  // Above all else in its corner, which is not moved by it.
  const words = element("div", { className: "glass smoothing", textContent: "Smoothing edges…", hidden: true });
  overlay.region("bottom-left").append(words);
  calls.on("smoothing", ({ awaited }) => {
    words.hidden = !awaited;
  });
});
