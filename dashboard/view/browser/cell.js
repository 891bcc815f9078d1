// In a notebook's cell: one style sheet for all that the explorer is made of, as `theme.js` has it
// adopted on the served page; here only by what belongs to the explorer.

OVERLAYS.push((here) => {
  const { overlay, figure, styles } = here;
  if (styles == null) {
    return; // the served page has its own, and so may what else the picture is part of
  }
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(styles);
  const watched = { childList: true, subtree: true };
  const changes = new MutationObserver((records) => {
    for (const { addedNodes } of records) {
      addedNodes.forEach(dress);
    }
  });
  const dress = (node) => {
    const shadow = node.shadowRoot;
    if (shadow != null && !shadow.adoptedStyleSheets.includes(sheet)) {
      shadow.adoptedStyleSheets.push(sheet);
      changes.observe(shadow, watched);
    }
    (shadow?.childNodes ?? []).forEach(dress);
    node.childNodes.forEach(dress);
  };
  // Figures take their colours from the theme's variables, but only when they are painted.
  const repaint = () => {
    for (const top of Object.values(Bokeh.index)) {
      for (const view of top.owner.query(({ model }) => model.type === "Figure")) {
        view.request_paint();
      }
    }
  };
  new MutationObserver(repaint).observe(document.body, {
    attributeFilter: ["data-jp-theme-name", "data-jp-theme-light", "class"],
  });
  overlay.on_view((view) => {
    let host = view.el;
    while (host.getRootNode().host !== undefined && !host.matches(".explorer")) {
      host = host.getRootNode().host;
    }
    changes.disconnect();
    dress(host);
    repaint();
  });
});
