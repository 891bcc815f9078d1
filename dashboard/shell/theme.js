// Before anything is painted: the theme, and one style sheet for all that Bokeh will build.
{
  const root = document.documentElement;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const kept = () => { try { return localStorage.getItem("theme"); } catch { return null; } };
  const apply = () => { root.dataset.theme = kept() ?? (dark.matches ? "dark" : "light"); };
  dark.addEventListener("change", apply);
  addEventListener("storage", apply);  // the same visitor's other tab
  apply();

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
