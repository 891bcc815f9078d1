// The drawer of controls: beside the picture where there is room, over it on a narrow window.
{
  const body = document.body;
  const narrow = matchMedia("(max-width: 800px)");
  const controls = document.getElementById("controls");
  const opener = document.getElementById("toggle-controls");

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
}
