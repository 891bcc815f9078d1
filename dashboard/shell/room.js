// What is said at the bottom of the page has its room: what else stands there makes way for it.
{
  const said = document.getElementById("status");
  const between = matchMedia("(min-width: 1240px)"); // as in page.css
  const measure = () => {
    const {top, height} = said.getBoundingClientRect();
    const taken = height > 0 ? Math.round(innerHeight - top) : 0;
    const {style} = document.documentElement;
    style.setProperty("--said", `${taken}px`);
    style.setProperty("--said-beside", `${between.matches ? 0 : taken}px`);
  };
  new ResizeObserver(measure).observe(said);
  addEventListener("resize", measure);
}
