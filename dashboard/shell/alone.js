// The picture alone, over the whole screen; where a browser gives no page the screen, the window.
{
  const body = document.body, root = document.documentElement;
  const set = alone => {
    body.classList.toggle("alone", alone);
    // Bokeh looks at the size of its roots: without the bar the figure alone grows, unseen.
    for (const root of Object.values(window.Bokeh?.index ?? {})) root.invalidate_layout?.();
    dispatchEvent(new CustomEvent("alone", {detail: alone}));
  };
  addEventListener("toggle-alone", () => {
    const alone = !body.classList.contains("alone");
    set(alone);
    if (alone) root.requestFullscreen?.({navigationUI: "hide"}).catch(() => { /* the window it is */ });
    else if (document.fullscreenElement) document.exitFullscreen();
  });
  document.addEventListener("fullscreenchange", () => {
    if (!document.fullscreenElement) set(false);
  });
  addEventListener("keydown", event => {
    if (event.key === "Escape" && !event.defaultPrevented && body.classList.contains("alone")) set(false);
  });
}
