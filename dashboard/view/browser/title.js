// The page's title names the place that is seen; the server knows the names.

OVERLAYS.push(({ calls, is_page }) => {
  if (is_page) {
    calls.on("title", ({ text }) => {
      document.title = text;
    });
  }
});
