// The picture on screen is another stage's than the one chosen, whose own takes a while.

OVERLAYS.push((here) => {
  const { overlay, calls } = here;
  const words = element("div", { className: "glass stale", role: "status", hidden: true });
  overlay.region("centre").append(words);
  calls.on("stale", ({ text }) => {
    words.textContent = text;
    words.hidden = text === "";
    here.view.canvas_view.el.classList.toggle("dimmed", text !== "");
  });
});
