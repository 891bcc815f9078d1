// What the page does by itself, without the server: drawer, theme, keyboard, the first wait.
{
  const root = document.documentElement, body = document.body;
  const narrow = matchMedia("(max-width: 800px)");
  const controls = document.getElementById("controls");
  const opener = document.getElementById("toggle-controls");
  const FIRST_MS = 2000;

  const show = open => {
    body.classList.toggle("open", open);
    opener.setAttribute("aria-expanded", open);
    controls.inert = !open;
  };
  show(!narrow.matches);
  narrow.addEventListener("change", () => show(!narrow.matches));
  opener.addEventListener("click", () => show(!body.classList.contains("open")));
  document.getElementById("backdrop").addEventListener("click", () => show(false));
  addEventListener("keydown", event => {
    if (event.key === "Escape" && narrow.matches && body.classList.contains("open")) {
      show(false);
      opener.focus();
    }
  });

  const views = function* (type) {
    for (const top of Object.values(window.Bokeh?.index ?? {}))
      yield* top.owner.query(view => view.model.type.endsWith(type));
  };
  // Figures take their colours from the same variables, but only when they are painted.
  new MutationObserver(() => {
    for (const figure of new Set(views("Figure"))) figure.request_paint();
  }).observe(root, {attributeFilter: ["data-theme"]});
  document.getElementById("toggle-theme").addEventListener("click", () => {
    const theme = root.dataset.theme === "dark" ? "light" : "dark";
    root.dataset.theme = theme;
    try { localStorage.setItem("theme", theme); } catch { /* kept for this visit only */ }
  });

  const lost = document.getElementById("lost");
  window.connectionLost = is => { lost.hidden = !is; };
  lost.querySelector("button").addEventListener("click", () => location.reload());

  // Bokeh's tabs are for the mouse: say what they are, and let the keyboard reach them.
  const name = tabs => {
    const mark = () => tabs.header_els.forEach((tab, index) => {
      const active = index === tabs.model.active;
      tab.setAttribute("role", "tab");
      tab.setAttribute("aria-selected", active);
      tab.tabIndex = active ? 0 : -1;
    });
    tabs.headers_wrapper_el.setAttribute("role", "tablist");
    tabs.headers_wrapper_el.setAttribute("aria-label", "Views");
    tabs.headers_wrapper_el.addEventListener("keydown", event => {
      const step = {ArrowRight: 1, ArrowLeft: -1}[event.key];
      if (step === undefined) return;
      const count = tabs.header_els.length;
      tabs.model.active = (tabs.model.active + step + count) % count;
      tabs.header_els[tabs.model.active].focus();
    });
    tabs.model.properties.active.change.connect(mark);
    mark();
  };
  const models = function* (type) {
    for (const doc of window.Bokeh?.documents ?? [])
      for (const model of doc._all_models.values()) if (model.type.endsWith(type)) yield model;
  };
  const named = new WeakSet();
  const drawn = () => {
    for (const {data} of models("ColumnDataSource"))
      if ((data.image ?? data.rgba)?.[0]?.length > 4) return true;
    for (const model of models("HTML")) if (model.visible && model.css_classes.includes("notice")) return true;
    return false;
  };
  const since = performance.now(), first = document.getElementById("first");
  const timer = setInterval(() => {
    for (const tabs of views("Tabs")) if (!named.has(tabs) && tabs.header_els) {
      named.add(tabs);
      name(tabs);
    }
    const done = drawn();
    first.hidden = done || performance.now() - since < FIRST_MS;
    if (done && Array.from(views("Tabs")).every(tabs => named.has(tabs))) clearInterval(timer);
  }, 100);
}
