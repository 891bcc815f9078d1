// The layer over the picture: buttons, keys, panels and small displays, inside the figure's own
// element, which a served page and a notebook both have.
//
// An overlay is a file of its own in this folder, with its name in the list OVERLAYS of
// `dashboard/view/scripts.py` (style sheets go into STYLES there). It pushes one function:
//
//   OVERLAYS.push((here) => { here.overlay.button({ ... }); });
//
// which is called once a figure, and is given `here`:
//
//   overlay                     this layer, see below
//   camera, frames, requests    where the picture looks; the pictures known; what is asked for
//   figure, view                Bokeh's model and its view (the view may be made anew: ask for it)
//   feed, styles                the source of pictures; in a notebook's cell its style sheet
//   is_page                     whether this is the served page, whose address and keys are ours
//   moved(), settle()           say so after moving the camera: the hand still moves it; it rests
//   where(event)                {x, y} of the plane under a pointer's event, {across, up} as shares
//                               of the window from its middle; null beside the picture
//   calls.send(kind, values)    tell the server something: one flat object of plain values
//   calls.on(kind, callback)    be told something by the server: callback(values); arrays of bytes
//                               come as typed arrays. `dashboard/view/browser_calls.py` is the other end
//
// What the layer offers:
//
//   region(name)                one of REGIONS, an element to put small displays into; they do not
//                               take the pointer unless they have the class "live"
//   button({name, icon, action, keys, help, group, toggles, region})
//                               a button: its accessible name, the paths of a 20 x 20 icon that is
//                               drawn in lines, what it does; with keys as in key(); group is one
//                               of GROUPS. Returns it with setters `pressed` (if it toggles),
//                               `disabled`, `hidden` and `name`
//   key({keys, help, action, shown})
//                               event.key values that call action(event); "Ctrl+…" is told apart, and
//                               "Shift+…" for named keys. `help` is the line in the list of keys; `shown`
//                               what the list calls the key if that is not its name
//   panel({name, title})        a panel that Escape and its cross close: {body, open(), close(),
//                               toggle(), is_open, on_open, on_close}; one is open at a time
//   canvas(name)                a canvas over the whole picture beneath all else, as many pixels as
//                               the screen has; cleared and resized by whoever draws on it
//   on_view(callback)           called with Bokeh's view of the figure, and with each made after it
//   follow(callback)            called in an animation frame after the camera moved or the window
//                               changed its size, at most once a frame: nothing is done a move
//   announce(text)              a short message that goes by itself, read out as well
//
// Nothing here runs while the pointer moves.

const OVERLAYS = [];
const REGIONS = ["top-left", "top-right", "bottom-left", "bottom-right", "centre"];
const GROUPS = ["views", "move", "places", "cursor", "look", "picture", "help"];
const SAID_MS = 3500;

const element = (kind, properties = {}, ...children) => {
  const made = Object.assign(document.createElement(kind), properties);
  made.append(...children);
  return made;
};

class Overlay {
  constructor(figure, camera, is_page) {
    this.figure = figure;
    this.camera = camera;
    this.is_page = is_page;
    this.keys = []; // in the order they were added, for the list of keys
    this.open_panel = null;
    this.followers = [];
    this.viewers = [];
    this.frame = null;
    this.root = element("div", { className: "overlay" });
    this.canvases = this.root.appendChild(element("div", { className: "canvases" }));
    this.regions = new Map(
      REGIONS.map((name) => [name, element("div", { className: `region ${name}` })]),
    );
    const buttons = this.region("top-right");
    buttons.setAttribute("role", "toolbar");
    buttons.setAttribute("aria-label", "Picture");
    this.groups = new Map(
      GROUPS.map((name) => [name, element("div", { className: "group", hidden: true })]),
    );
    buttons.append(...this.groups.values());
    this.panels = element("div", { className: "panels" });
    this.status = element("div", { className: "said", role: "status" });
    this.top = element("div", { className: "top" }, this.region("top-left"), buttons);
    const others = REGIONS.filter((name) => !name.startsWith("top"));
    this.root.append(this.top, ...others.map((name) => this.region(name)), this.panels, this.status);
    // What is done on the layer is not done to the picture beneath.
    for (const type of ["pointerdown", "dblclick", "contextmenu"]) {
      this.root.addEventListener(type, (event) => event.stopPropagation());
    }
    if (is_page) {
      document.addEventListener("keydown", (event) => this._key(event));
    }
  }

  // Puts the layer over a view of the figure, and keeps it there when Bokeh builds that anew.
  attach(view) {
    if (this.view === view) {
      return;
    }
    this.view = view;
    this.observer?.disconnect();
    const root = view.shadow_el;
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLES);
    root.adoptedStyleSheets.push(sheet);
    const keep = () => {
      if (this.root.parentNode !== root) {
        root.append(this.root);
      }
    };
    this.observer = new MutationObserver(keep);
    this.observer.observe(root, { childList: true });
    keep();
    if (!this.is_page) {
      view.el.dataset.lmSuppressShortcuts = "true"; // JupyterLab's keys, while the focus is here
      view.el.addEventListener("keydown", (event) => this._key(event));
    }
    const surface = view.canvas_view.events_el;
    surface.setAttribute("role", "application");
    surface.setAttribute("aria-label", "Picture: arrow keys move it, + and - zoom, ? has all keys");
    this.surface = surface;
    for (const callback of this.viewers) {
      callback(view);
    }
  }

  region(name) {
    return this.regions.get(name);
  }

  button({ name, icon, action, keys = [], help, group = "picture", toggles = false, region }) {
    const node = element("button", { type: "button", className: "live" });
    node.innerHTML = `<svg viewBox="0 0 20 20" aria-hidden="true">${icon}</svg>`;
    const parent = region === undefined ? this.groups.get(group) : this.region(region);
    parent.append(node);
    parent.hidden = false;
    node.addEventListener("click", (event) => action(event));
    if (keys.length > 0) {
      this.key({ keys, help: help ?? name, action: (event) => node.disabled || action(event) });
      node.setAttribute("aria-keyshortcuts", keys.map(spelled).join(" "));
    }
    if (toggles) {
      node.setAttribute("aria-pressed", "false");
    }
    const named = (text) => {
      node.setAttribute("aria-label", text);
      node.title = keys.length > 0 ? `${text} (${shown(keys[0])})` : text;
    };
    named(name);
    return {
      element: node,
      set name(text) {
        named(text);
      },
      get pressed() {
        return node.getAttribute("aria-pressed") === "true";
      },
      set pressed(is) {
        node.setAttribute("aria-pressed", is ? "true" : "false");
      },
      set disabled(is) {
        // The focus stays: a button that steps back to the first view is pressed again and again.
        node.setAttribute("aria-disabled", is ? "true" : "false");
      },
      get disabled() {
        return node.getAttribute("aria-disabled") === "true";
      },
      set hidden(is) {
        node.hidden = is;
        parent.hidden = parent.querySelector("button:not([hidden])") === null;
      },
    };
  }

  key({ keys, help, action, shown: called }) {
    this.keys.push({ keys, help, action, shown: called ?? keys.map(shown).join(" or ") });
  }

  panel({ name, title }) {
    const heading = element("h2", { textContent: title, tabIndex: -1 });
    const cross = element("button", { type: "button", className: "cross", title: "Close (Esc)" });
    cross.setAttribute("aria-label", "Close");
    cross.innerHTML = '<svg viewBox="0 0 20 20" aria-hidden="true"><path d="M5 5l10 10M15 5L5 15"/></svg>';
    const body = element("div", { className: "body" });
    const node = element("section", { className: `panel live ${name}`, hidden: true });
    node.setAttribute("role", "dialog");
    node.setAttribute("aria-label", title);
    node.append(element("header", {}, heading, cross), body);
    this.panels.append(node);
    const panel = {
      element: node,
      body,
      on_open: () => {},
      on_close: () => {},
      get is_open() {
        return !node.hidden;
      },
      open: () => {
        if (!node.hidden) {
          return;
        }
        this.open_panel?.close();
        panel.before = this.root.getRootNode().activeElement;
        const { bottom } = this.top.getBoundingClientRect();
        this.panels.style.top = `${bottom - this.root.getBoundingClientRect().top + 8}px`;
        node.hidden = false;
        this.open_panel = panel;
        panel.on_open();
        if (!node.contains(this.root.getRootNode().activeElement)) {
          heading.focus();
        }
      },
      close: () => {
        if (node.hidden) {
          return;
        }
        const held = node.contains(this.root.getRootNode().activeElement);
        node.hidden = true;
        this.open_panel = null;
        panel.on_close();
        if (held) {
          (panel.before ?? this.surface)?.focus();
        }
      },
      toggle: () => (node.hidden ? panel.open() : panel.close()),
    };
    cross.addEventListener("click", panel.close);
    return panel;
  }

  canvas(name) {
    const node = element("canvas", { className: name });
    this.canvases.append(node);
    return node;
  }

  // The frame of a box that is being drawn.
  box() {
    return this.root.insertBefore(element("div", { className: "box" }), this.panels);
  }

  follow(callback) {
    this.followers.push(callback);
  }

  on_view(callback) {
    this.viewers.push(callback);
    callback(this.view);
  }

  // The camera has moved, or the window has another size.
  changed() {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = null;
      for (const callback of this.followers) {
        callback();
      }
    });
  }

  announce(text) {
    clearTimeout(this.silence);
    this.status.textContent = text;
    this.silence = setTimeout(() => (this.status.textContent = ""), SAID_MS);
  }

  _key(event) {
    if (event.defaultPrevented || event.altKey) {
      return;
    }
    const [target] = event.composedPath();
    if (event.key === "Escape" && this.open_panel !== null) {
      this.open_panel.close();
      event.preventDefault();
      return;
    }
    if (is_taken(target, event.key) || !this.view.el.checkVisibility()) {
      return;
    }
    const named = event.shiftKey && event.key.length > 1 ? `Shift+${event.key}` : event.key;
    const pressed = event.ctrlKey || event.metaKey ? `Ctrl+${named}` : named;
    const known = this.keys.find(({ keys }) => keys.includes(pressed));
    // An action that returns false had nothing to do with it after all.
    if (known !== undefined && known.action(event) !== false) {
      event.preventDefault();
      event.stopPropagation();
    }
  }
}

// Whether an element needs a key for itself: text is typed, a choice is made, a tab is changed.
function is_taken(target, key) {
  if (target.isContentEditable || target.closest?.("input:not([type=checkbox]), textarea, select")) {
    return true;
  }
  const presses = key === "Enter" || key === " ";
  const steps = key.startsWith("Arrow") || key === "Home" || key === "End";
  return (
    (presses && target.closest?.("button, a, summary, [role=button], [type=checkbox]") != null) ||
    (steps && target.closest?.("[role=tab], [role=radio], [role=slider], [role=grid], pre, .body") != null)
  );
}

const NAMES = { ArrowLeft: "←", ArrowRight: "→", ArrowUp: "↑", ArrowDown: "↓", " ": "Space", "-": "−" };

// A key as people call it, and as aria-keyshortcuts wants it.
function shown(key) {
  const parts = key.split("+").filter(Boolean);
  const spoken = parts.map((part) => NAMES[part] ?? (parts.length > 1 && part.length === 1 ? part.toUpperCase() : part));
  return spoken.join("+") || key;
}

function spelled(key) {
  return { "+": "Plus", " ": "Space" }[key] ?? key;
}
