// Saves the picture as a file: the server makes it, exactly as it was drawn, with its link inside.

OVERLAYS.push(({ overlay, calls, is_page }) => {
  const button = overlay.button({
    name: "Save the picture",
    icon: '<path d="M10 3v9M6 8.500l4 4 4-4M4 16h12"/>',
    group: "picture",
    keys: ["s"],
    help: "Save the picture as a PNG file",
    action: () => {
      button.disabled = true;
      calls.send("save", { page: is_page ? location.origin + location.pathname : "" });
    },
  });
  calls.on("saved", ({ name, data, words }) => {
    button.disabled = false;
    if (data === undefined) {
      overlay.announce(words);
      return;
    }
    const address = URL.createObjectURL(new Blob([data], { type: "image/png" }));
    element("a", { href: address, download: name }).click();
    URL.revokeObjectURL(address);
  });
});
