// Wheel, drag, pinch, boxes and double clicks on the picture.

const WHEEL_PIXELS = 100; // a notch, as browsers count it
const LINE_PIXELS = 33; // what Firefox calls a line
const PINCH_WHEEL = 8; // a pinch on a touch pad comes as a wheel with small steps
const [TAP_MS, TAP_PIXELS] = [350, 30]; // two taps, or right clicks, are a double one within these

class Hand {
  // layer: the overlay, whose parts are not the picture; on_move is called after each movement,
  // on_release when a drag or pinch ends; on_double(place, out) for a double click or tap;
  // on_rectangle(from, to) when a box was drawn.
  constructor(camera, layer, { on_move, on_release, on_double, on_rectangle }) {
    Object.assign(this, { camera, layer, on_move, on_release, on_double, on_rectangle });
    this.view = null;
    this.pointers = new Map();
    this.boxes = false; // whether a drag draws a box
    this.on_box = () => {};
    this.box = null;
  }

  attach(view) {
    if (this.view === view) {
      return;
    }
    this.view = view;
    this.pointers.clear();
    view.el.style.touchAction = "none"; // fingers move the picture, not the page
    const listen = (type, callback) =>
      view.el.addEventListener(type, (event) => this.view === view && callback(event), {
        capture: true,
        passive: false,
      });
    listen("wheel", (event) => this._wheel(event));
    listen("pointerdown", (event) => this._down(event));
    listen("pointermove", (event) => this._drag(event));
    for (const end of ["pointerup", "pointercancel"]) {
      listen(end, (event) => this._up(event));
    }
    listen("dblclick", (event) => this._double_click(event));
    // A double right click zooms out: no menu in between.
    listen("contextmenu", (event) => this.place(event) !== null && event.preventDefault());
  }

  // Where an event is, as shares of the window from -0.5 to 0.5; null if it is not on the picture.
  place(event) {
    const { across, up } = this._shares(event);
    const inside = Math.abs(across) <= 0.5 && Math.abs(up) <= 0.5;
    return inside && !event.composedPath().includes(this.layer.root) ? { across, up } : null;
  }

  _shares(event) {
    const outer = this.view.el.getBoundingClientRect();
    const { x0, y0, width, height } = this.view.frame.bbox;
    return {
      across: (event.clientX - outer.left - x0) / width - 0.5,
      up: 0.5 - (event.clientY - outer.top - y0) / height,
    };
  }

  _wheel(event) {
    const place = this.place(event);
    if (place === null) {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
    const unit = [1, LINE_PIXELS, 10 * LINE_PIXELS][event.deltaMode];
    // With Shift some browsers turn the wheel sideways.
    const delta = event.deltaY === 0 && event.shiftKey ? event.deltaX : event.deltaY;
    const pixels = delta * unit * (event.ctrlKey ? PINCH_WHEEL : 1);
    const notches = Math.min(Math.max(-pixels / WHEEL_PIXELS, -4), 4);
    this.camera.zoom(notches, place.across, place.up);
    this.on_move();
  }

  _down(event) {
    const place = this.place(event);
    if (place === null) {
      return;
    }
    if (event.button === 2 && event.pointerType === "mouse" && this._is_second(event)) {
      this.on_double(place, true);
    }
    if (event.button !== 0) {
      return;
    }
    event.stopPropagation();
    this.pointers.set(event.pointerId, place);
    this.view.el.setPointerCapture(event.pointerId);
    this.layer.surface.focus({ preventScroll: true });
    if (this.pointers.size > 1) {
      this._end_box();
    } else if (this.boxes || event.shiftKey) {
      this.box = { from: place, to: place, element: this.layer.box() };
    }
    this.pressed = { x: event.clientX, y: event.clientY };
  }

  _drag(event) {
    const before = this.pointers.get(event.pointerId);
    if (before === undefined) {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
    const now = this._shares(event);
    const fingers = [...this.pointers.values()];
    this.pointers.set(event.pointerId, now);
    if (this.box !== null) {
      this.box.to = now;
      this._draw_box();
      return;
    }
    if (fingers.length === 1) {
      this.camera.pan(now.across - before.across, now.up - before.up);
    } else {
      const moved = [...this.pointers.values()];
      const [from, to] = [middle(fingers), middle(moved)];
      this.camera.pan(to.across - from.across, to.up - from.up);
      const { width, height } = this.view.frame.bbox;
      const aspect = height / width;
      const stretched = spread(moved, aspect) / Math.max(spread(fingers, aspect), 1e-3);
      this.camera.zoom(Math.log(Math.max(stretched, 1e-3)) / Math.log(NOTCH), to.across, to.up);
    }
    this.on_move();
  }

  _up(event) {
    if (!this.pointers.delete(event.pointerId)) {
      return;
    }
    event.stopPropagation();
    const box = this._end_box();
    if (box !== null && event.type === "pointerup") {
      const { width, height } = this.view.frame.bbox;
      const across = Math.abs(box.to.across - box.from.across) * width;
      const up = Math.abs(box.to.up - box.from.up) * height;
      if (Math.max(across, up) > 4) {
        this.boxes = false; // a box at a time: the next drag moves the picture again
        this.on_box();
        this.on_rectangle(box.from, box.to);
        return;
      }
    }
    if (this.pointers.size === 0) {
      const tap = event.type === "pointerup" && event.pointerType === "touch" && near(this.pressed, event);
      const place = tap ? this.place(event) : null;
      if (place !== null && this._is_second(event)) {
        this.tapped = event.timeStamp;
        this.on_double(place, false);
      } else {
        this.on_release();
      }
    }
  }

  _double_click(event) {
    const place = this.place(event);
    if (place !== null && event.button === 0) {
      event.stopPropagation();
      if (!(event.timeStamp - this.tapped < 2 * TAP_MS)) { // else it was told by the taps
        this.on_double(place, event.shiftKey);
      }
    }
  }

  // Whether a tap or right click is the second of two.
  _is_second(event) {
    const last = this.last_tap;
    const second =
      last !== undefined && event.timeStamp - last.time < TAP_MS && near(last, event);
    this.last_tap = second ? undefined : { x: event.clientX, y: event.clientY, time: event.timeStamp };
    return second;
  }

  _draw_box() {
    const { x0, y0, width, height } = this.view.frame.bbox;
    const { from, to, element: node } = this.box;
    Object.assign(node.style, {
      left: `${x0 + (Math.min(from.across, to.across) + 0.5) * width}px`,
      top: `${y0 + (0.5 - Math.max(from.up, to.up)) * height}px`,
      width: `${Math.abs(to.across - from.across) * width}px`,
      height: `${Math.abs(to.up - from.up) * height}px`,
    });
  }

  _end_box() {
    const { box } = this;
    box?.element.remove();
    this.box = null;
    return box;
  }
}

function near(a, event) {
  return Math.hypot(a.x - event.clientX, a.y - event.clientY) < TAP_PIXELS;
}

function middle([a, b]) {
  return { across: (a.across + b.across) / 2, up: (a.up + b.up) / 2 };
}

function spread([a, b], aspect) {
  return Math.hypot(a.across - b.across, (a.up - b.up) * aspect);
}
