// The settled views as a way that can be walked back and forth: the browser's own history in a
// served page, whose address says what is seen; a list of our own in a notebook.

const BURST_MS = 1200; // views that follow each other faster are one: a gesture with its pauses

// The browser's history. Each entry knows its place, and may be found again by a reload.
class AddressHistory {
  constructor(on_arrive) {
    this.at = history.state?.view ?? 0;
    this.last = Math.max(this.at, kept("views") ?? 0);
    addEventListener("popstate", (event) => {
      this.at = event.state?.view ?? 0;
      on_arrive(location.search);
    });
  }

  get link() {
    return location.search;
  }

  replace(link) {
    history.replaceState({ ...history.state, view: this.at }, "", link);
  }

  push(link) {
    this.last = ++this.at;
    keep("views", this.last);
    history.pushState({ view: this.at }, "", link);
  }

  go(by) {
    history.go(by);
  }
}

class OwnHistory {
  constructor(on_arrive) {
    this.links = [""];
    this.at = 0;
    this.on_arrive = on_arrive;
  }

  get link() {
    return this.links[this.at];
  }

  get last() {
    return this.links.length - 1;
  }

  replace(link) {
    this.links[this.at] = link;
  }

  push(link) {
    this.links.splice(++this.at, Infinity, link);
  }

  go(by) {
    this.at += by;
    this.on_arrive(this.link);
  }
}

// For this tab, over a reload; without storage the worst is a button that cannot be pressed.
function keep(name, value) {
  try {
    sessionStorage.setItem(name, value);
  } catch {
    /* as long as the page lasts */
  }
}

function kept(name) {
  try {
    const value = sessionStorage.getItem(name);
    return value === null ? null : Number(value);
  } catch {
    return null;
  }
}

class Walk {
  // on_step(link, steps) is called when the reader has stepped to another view of the way.
  constructor(is_page, on_step) {
    this.steps = 0; // what the server says of views before the last step is out of date
    this.changed_at = null;
    this.listeners = [];
    const arrive = (link) => {
      this.steps += 1;
      this.changed_at = -Infinity; // what comes next is a view of its own
      on_step(link, this.steps);
      this._tell();
    };
    this.history = new (is_page ? AddressHistory : OwnHistory)(arrive);
  }

  get link() {
    return this.history.link;
  }

  get can_go_back() {
    return this.history.at > 0;
  }

  get can_go_forward() {
    return this.history.at < this.history.last;
  }

  // The server says: this is what is seen.
  onRest(link, steps) {
    const { history: way } = this;
    if (steps !== this.steps || link === way.link) {
      return;
    }
    const now = performance.now();
    const first = this.changed_at === null;
    const goes_on = now - this.changed_at < BURST_MS;
    if (first || goes_on || only_counted(way.link, link)) {
      way.replace(link);
    } else {
      way.push(link);
    }
    this.changed_at = first ? -Infinity : now;
    this._tell();
  }

  step(by) {
    if (by < 0 ? this.can_go_back : this.can_go_forward) {
      this.history.go(by);
    }
  }

  listen(callback) {
    this.listeners.push(callback);
    callback();
  }

  _tell() {
    for (const callback of this.listeners) {
      callback();
    }
  }
}

// Whether two links differ only in the iterations that were found to be enough.
function only_counted(one, other) {
  const [a, b] = [one, other].map((link) => new URLSearchParams(link));
  const automatic = [a, b].every(
    (link) => link.get("auto") === "yes" || !(link.has("auto") || link.has("iterations")),
  );
  for (const link of [a, b]) {
    link.delete("iterations");
    link.delete("auto");
  }
  return automatic && a.toString() === b.toString();
}
