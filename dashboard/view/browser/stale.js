// The picture on screen is not what was chosen, whose own takes a while: another stage made it, or it
// is of something else.

OVERLAYS.push((here) => {
  const { overlay, calls, frames } = here;
  const words = element("div", { className: "glass stale", role: "status", hidden: true });
  overlay.region("centre").append(words);
  let newest = null;
  calls.on("stale", async (said) => {
    newest = said;
    if (said.other) {
      frames.forget_around();
    } else {
      await frames.taken; // what was sent before has to be on screen, or the old picture would flash
    }
    if (newest !== said) {
      return;
    }
    const { text, other } = said;
    words.textContent = text;
    words.hidden = text === "";
    const { classList } = here.view.canvas_view.el;
    classList.toggle("dimmed", text !== "" && !other);
    classList.toggle("veiled", other);
    overlay.root.classList.toggle("other", other);
  });
});
