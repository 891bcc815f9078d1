// Saves the picture as a file: the server makes it, exactly as it was drawn, with its link inside;
// or as a page that shows the place from disk, at several resolutions.

OVERLAYS.push(({ overlay, calls, is_page }) => {
  const saving = ({ kind, type, wait, ...looks }) => {
    const button = overlay.button({
      group: "picture",
      ...looks,
      action: () => {
        if (wait) {
          overlay.announce(wait);
        }
        button.disabled = true;
        calls.send(kind, { page: is_page ? location.origin + location.pathname : "" });
      },
    });
    return ({ name, data, words }) => {
      button.disabled = false;
      if (data === undefined) {
        overlay.announce(words);
        return;
      }
      const address = URL.createObjectURL(new Blob([data], { type }));
      element("a", { href: address, download: name }).click();
      URL.revokeObjectURL(address);
    };
  };
  const picture = saving({
    kind: "save",
    type: "image/png",
    name: "Save the picture",
    icon: '<path d="M10 3v9M6 8.500l4 4 4-4M4 16h12"/>',
    keys: ["s"],
    help: "Save the picture as a PNG file",
  });
  calls.on("saved", picture);
  const page = saving({
    kind: "save page",
    type: "text/html",
    wait: "Drawing the place at several resolutions …",
    name: "Save a page for offline",
    icon: '<path d="M5 2.500h7l3.500 3.500v11.500H5zM12 2.500V6h3.500M10 8.500v5.500M7.500 11.500L10 14l2.500-2.500"/>',
    keys: ["S"],
    help: "Save a page to pan and zoom in without a server",
  });
  calls.on("saved page", page);
});
