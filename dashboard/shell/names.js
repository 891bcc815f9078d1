// Bokeh's tabs and Panel's groups are for the mouse: say what they are, and let the keyboard reach them.
{
  const name_tabs = tabs => {
    const mark = () => tabs.header_els.forEach((tab, index) => {
      const active = index === tabs.model.active;
      tab.setAttribute("role", "tab");
      tab.setAttribute("aria-selected", active);
      tab.tabIndex = active ? 0 : -1;
    });
    const strip = tabs.headers_wrapper_el;
    strip.setAttribute("role", "tablist");
    strip.setAttribute("aria-label", "Views");
    strip.addEventListener("keydown", event => {
      const count = tabs.header_els.length, {active} = tabs.model;
      const to = {
        ArrowRight: (active + 1) % count, ArrowLeft: (active - 1 + count) % count, Home: 0, End: count - 1,
      }[event.key];
      if (to === undefined) return;
      event.preventDefault();
      tabs.model.active = to;
      tabs.header_els[to].focus();
    });
    tabs.model.properties.active.change.connect(mark);
    mark();
  };
  // Which groups are folded away is kept, as the theme is.
  const folded = () => {
    try { return new Set(JSON.parse(localStorage.getItem("folded") ?? "[]")); } catch { return new Set(); }
  };
  const keep = (name, is) => {
    const names = folded();
    if (is) names.add(name);
    else names.delete(name);
    try { localStorage.setItem("folded", JSON.stringify([...names])); } catch { /* for this visit only */ }
  };
  const name_group = group => {
    const {model} = group;
    const name = model.css_classes.at(-1);
    const mark = () => group.button_el.setAttribute("aria-expanded", !model.collapsed);
    if (folded().has(name)) model.collapsed = true;
    model.properties.collapsed.change.connect(() => {
      mark();
      keep(name, model.collapsed);
    });
    mark();
  };
  // The arrow keys do what they do, and they would be two more stops on the way through the page.
  const hide_arrows = spinner => {
    for (const button of spinner.shadow_el.querySelectorAll(".bk-spin-btn")) {
      button.setAttribute("aria-hidden", "true");
      button.tabIndex = -1;
    }
  };
  // A slider of chosen values has its name in a text of its own, before it.
  const name_slider = slider => {
    const before = slider.parent?.child_views?.[0]?.model.text ?? "";
    const name = slider.model.title || before.split(":")[0];
    for (const handle of slider.shadow_el.querySelectorAll(".noUi-handle"))
      handle.setAttribute("aria-label", name);
  };
  const naming = {
    Tabs: [name_tabs, "header_els"], Card: [name_group, "button_el"], Spinner: [hide_arrows, "input_el"],
    Slider: [name_slider, "slider_el"],
  };

  const named = new WeakSet();
  let timer = null;
  const pass = () => {
    timer = null;
    for (const top of Object.values(window.Bokeh?.index ?? {}))
      for (const view of top.owner.query(() => true)) {
        const [name, part] = naming[view.model.type.split(".").at(-1)] ?? [];
        if (name === undefined || named.has(view)) continue;
        if (view[part]) {
          named.add(view);
          name(view);
        } else soon();
      }
  };
  const soon = () => { timer ??= setTimeout(pass, 150); };
  // Each widget that is built has a shadow root of its own; nothing else is waited for.
  const attach = Element.prototype.attachShadow;
  Element.prototype.attachShadow = function (options) {
    soon();
    return attach.call(this, options);
  };
}
