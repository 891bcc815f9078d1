const BLOCK = 100;
const MARKED = 2000; // more matches than these are counted, but not coloured

const skeleton = `
  <div class="panes">
    <section class="pane">
      <div class="bar"><b class="title"></b></div>
      <div class="code source" tabindex="0" aria-label="Source of the step"></div>
    </section>
    <section class="pane">
      <div class="bar">
        <select aria-label="Listing"></select>
        <input type="search" placeholder="Search" aria-label="Search the code">
        <span class="count" role="status"></span>
        <button class="previous" aria-label="Previous match" title="Previous (Shift+Enter)">▲</button>
        <button class="next" aria-label="Next match" title="Next (Enter)">▼</button>
        <button class="copy">Copy</button>
      </div>
      <div class="code generated" tabindex="0" aria-label="Generated code"></div>
    </section>
  </div>`;

function rowOf(html, number) {
  const row = document.createElement("div");
  row.className = "row";
  row.dataset.n = number;
  row.innerHTML = html;
  return row;
}

/** The part of a row from one character to another, across the spans that colour it. */
function rangeIn(row, start, end) {
  const range = new Range();
  const texts = document.createTreeWalker(row, NodeFilter.SHOW_TEXT);
  let at = 0;
  for (let text = texts.nextNode(); text; text = texts.nextNode()) {
    const stop = at + text.length;
    if (start >= at && start <= stop) range.setStart(text, start - at);
    if (end >= at && end <= stop) {
      range.setEnd(text, end - at);
      break;
    }
    at = stop;
  }
  return range;
}

export function render({ model }) {
  const root = document.createElement("div");
  root.className = "browser";
  root.innerHTML = skeleton;
  const find = (selector) => root.querySelector(selector);
  const [source, code, select, search, count] =
    [".source", ".generated", "select", "input", ".count"].map(find);
  const buttons = [".previous", ".next"].map(find);

  // Names are the page's, and there may be several browsers on a page.
  const name = `found-${Math.random().toString(36).slice(2)}`;
  const highlights = window.CSS && CSS.highlights;
  const style = document.createElement("style");
  style.textContent = `
    ::highlight(${name}) { background-color: #f5c51870; }
    ::highlight(${name}-now) { background-color: #ff8c1a; color: #000; }`;
  root.append(style);

  let rows = [], lines = [], matches = [], current = -1;

  function showSource() {
    find(".title").textContent = model.title;
    source.replaceChildren(...model.source.map((html, index) => rowOf(html, index + 1)));
    const said = [...model.notes].sort((a, b) => b.line - a.line);
    for (const { line, kind, text } of said) {
      const row = source.querySelector(`.row[data-n="${line}"]`);
      if (!row) continue;
      row.classList.add(kind);
      const note = document.createElement("div");
      note.className = `note ${kind}`;
      note.textContent = text;
      row.after(note);
    }
    const first = source.querySelector(".row.failure, .row.break, .row.recompile");
    if (first) source.scrollTop = first.offsetTop - source.offsetTop - source.clientHeight / 3;
  }

  function showNames() {
    select.replaceChildren(...model.names.map((text, index) => new Option(text, index)));
    select.value = model.selected;
    select.disabled = model.names.length < 2;
  }

  /** A bar that moves, and the seconds that have passed: compiling takes up to minutes. */
  function clock() {
    const line = document.createElement("div"), since = document.createElement("span");
    const started = performance.now();
    line.className = "clock";
    line.append(document.createElement("progress"), since);
    const tick = setInterval(() => {
      if (!line.isConnected) clearInterval(tick);
      since.textContent = `${Math.round((performance.now() - started) / 1000)} s`;
    }, 1000);
    return line;
  }

  function showCode() {
    rows = model.code.map((html, index) => rowOf(html, index + 1));
    lines = rows.map((row) => row.textContent.toLowerCase());
    const blocks = [];
    for (let start = 0; start < rows.length; start += BLOCK) {
      const block = document.createElement("div");
      const part = rows.slice(start, start + BLOCK);
      block.className = "block";
      block.style.setProperty("--rows", part.length);
      block.append(...part);
      blocks.push(block);
    }
    code.replaceChildren(...blocks);
    code.scrollLeft = 0;
    code.scrollTop = rows.length ? (model.start - 1) * code.scrollHeight / rows.length : 0;
    if (!rows.length) {
      const empty = document.createElement("div");
      empty.className = "empty";
      empty.textContent = model.empty;
      code.append(empty);
      if (model.busy) empty.append(clock());
    }
    find(".copy").disabled = search.disabled = !rows.length;
    look();
  }

  function look() {
    const wanted = search.value.toLowerCase();
    matches = [];
    if (wanted) {
      lines.forEach((line, row) => {
        for (let at = line.indexOf(wanted); at >= 0; at = line.indexOf(wanted, at + wanted.length)) {
          matches.push([row, at, at + wanted.length]);
        }
      });
    }
    root.querySelectorAll(".hit").forEach((row) => row.classList.remove("hit"));
    if (highlights) {
      const ranges = matches.slice(0, MARKED).map(([row, a, b]) => rangeIn(rows[row], a, b));
      highlights.set(name, new Highlight(...ranges));
    }
    buttons.forEach((button) => { button.disabled = !matches.length; });
    current = -1;
    go(1);
  }

  function go(step) {
    if (highlights) highlights.delete(`${name}-now`);
    if (!matches.length) {
      count.textContent = search.value && rows.length ? "no match" : "";
      return;
    }
    if (current >= 0 && !highlights) rows[matches[current][0]].classList.remove("hit");
    current = (current + step + matches.length) % matches.length;
    count.textContent = `${current + 1} of ${matches.length}`;
    const [row, a, b] = matches[current];
    const range = rangeIn(rows[row], a, b);
    if (highlights) {
      const now = new Highlight(range);
      now.priority = 1;
      highlights.set(`${name}-now`, now);
    } else {
      rows[row].classList.add("hit");
    }
    // Not scrollIntoView, which would move the page as well.
    const height = code.scrollHeight / rows.length;
    code.scrollTop = row * height - code.clientHeight / 2;
    const box = range.getBoundingClientRect(), frame = code.getBoundingClientRect();
    if (box.left < frame.left + 60 || box.right > frame.right - 20) {
      code.scrollLeft += box.left - frame.left - frame.width / 3;
    }
  }

  async function copy() {
    const text = `${rows.map((row) => row.textContent).join("\n")}\n`;
    let done = true;
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      // Without https and localhost there is no clipboard to write to but this way.
      const area = document.createElement("textarea");
      area.value = text;
      root.append(area);
      area.select();
      done = document.execCommand("copy");
      area.remove();
    }
    const button = find(".copy");
    button.textContent = done ? "Copied" : "Not allowed";
    setTimeout(() => { button.textContent = "Copy"; }, 1500);
  }

  let waiting;
  search.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(look, 120);
  });
  search.addEventListener("keydown", (event) => {
    if (event.key === "Enter") {
      event.preventDefault();
      go(event.shiftKey ? -1 : 1);
    }
  });
  buttons[0].addEventListener("click", () => go(-1));
  buttons[1].addEventListener("click", () => go(1));
  find(".copy").addEventListener("click", copy);
  select.addEventListener("change", () => { model.selected = Number(select.value); });

  model.on(["title", "source", "notes"], showSource);
  model.on("names", showNames);
  model.on("selected", () => { select.value = model.selected; });
  model.on(["code", "empty", "busy"], showCode);
  model.on("remove", () => {
    if (!highlights) return;
    highlights.delete(name);
    highlights.delete(`${name}-now`);
  });
  showSource();
  showNames();
  showCode();
  return root;
}
