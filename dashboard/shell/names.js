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
  const name_group = group => {
    const mark = () => group.button_el.setAttribute("aria-expanded", !group.model.collapsed);
    group.model.properties.collapsed.change.connect(mark);
    mark();
  };
  const naming = {Tabs: [name_tabs, "header_els"], Card: [name_group, "button_el"]};
  const named = new WeakSet();
  const timer = setInterval(() => {
    let found = 0;
    for (const top of Object.values(window.Bokeh?.index ?? {}))
      for (const view of top.owner.query(() => true)) {
        const [name, part] = naming[view.model.type.split(".").at(-1)] ?? [];
        if (name === undefined) continue;
        found += 1;
        if (!named.has(view) && view[part]) {
          named.add(view);
          name(view);
        } else if (!named.has(view)) found = -Infinity;
      }
    if (found > 0 && document.querySelector("#first").hidden) clearInterval(timer);
  }, 200);
}
