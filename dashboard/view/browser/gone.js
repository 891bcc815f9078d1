// In a notebook: says so when the kernel that makes the pictures is gone, or does not answer.

const SILENT_MS = 5000; // an answer that takes longer is asked after
const KERNEL_GONE = "The kernel was restarted. Run the cell again to bring this explorer back to life.";
const KERNEL_SILENT =
  "The kernel does not answer. It is busy, or this explorer is of an earlier session: then run the cell again.";

OVERLAYS.push((here) => {
  const { overlay, calls, requests, figure, is_page } = here;
  if (is_page) {
    return; // the page around the figure says it of its server
  }
  const words = element("div", { className: "glass stale", role: "status", hidden: true });
  overlay.region("centre").append(words);
  const say = (text) => {
    if (words.textContent !== text) {
      words.textContent = text;
      words.hidden = text === "";
      here.view.canvas_view.el.classList.toggle("dimmed", text !== "");
    }
  };
  const root = figure.document?.roots()[0]?.id;
  // JupyterLab and Notebook 7 keep here which kernel an output belongs to, until it is restarted.
  const has_kernel = () => window.PyViz?.kernels?.[root] != null;
  let had_kernel = false;
  let heard = performance.now();
  let asked = null; // when it was asked whether it is there
  const hear = () => {
    heard = performance.now();
    asked = null;
    say("");
  };
  calls.on("alive", hear);
  here.feed.properties.data.change.connect(hear);
  const timer = setInterval(() => {
    const now = performance.now();
    had_kernel ||= has_kernel();
    if (figure.document === null || figure.document.roots().length === 0) {
      clearInterval(timer); // the output was deleted
    } else if (had_kernel && !has_kernel()) {
      clearInterval(timer);
      say(KERNEL_GONE);
    } else if (asked !== null && now - asked > SILENT_MS) {
      say(KERNEL_SILENT);
    } else if (asked === null && now - Math.max(heard, requests.oldest) > SILENT_MS) {
      asked = now;
      calls.send("alive");
    }
  }, 1000);
});
