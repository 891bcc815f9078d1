// Before anything is painted: the theme, and one style sheet for all that Bokeh will build.
{
  const root = document.documentElement;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const kept = () => { try { return localStorage.getItem("theme"); } catch { return null; } };
  const apply = () => { root.dataset.theme = kept() ?? (dark.matches ? "dark" : "light"); };
  dark.addEventListener("change", apply);
  addEventListener("storage", apply);  // the same visitor's other tab
  apply();

  document.addEventListener("DOMContentLoaded", () => {
    document.getElementById("toggle-theme").addEventListener("click", () => {
      const theme = root.dataset.theme === "dark" ? "light" : "dark";
      root.dataset.theme = theme;
      const system = dark.matches ? "dark" : "light";
      try {
        // Back at the system's, it follows the system again.
        if (theme === system) localStorage.removeItem("theme");
        else localStorage.setItem("theme", theme);
      } catch { /* kept for this visit only */ }
    });
  }, {once: true});  // Bokeh sends this event once more
  // Figures take their colours from the same variables, but only when they are painted.
  new MutationObserver(() => {
    for (const top of Object.values(window.Bokeh?.index ?? {}))
      for (const figure of top.owner.query(view => view.model.type === "Figure")) figure.request_paint();
  }).observe(root, {attributeFilter: ["data-theme"]});

  // Every widget has a shadow root of its own, which the page's style sheet does not reach.
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(SHADOW_CSS);
  const attach = Element.prototype.attachShadow;
  Element.prototype.attachShadow = function (options) {
    const shadow = attach.call(this, options);
    shadow.adoptedStyleSheets.push(sheet);
    return shadow;
  };
}
