// Wheel, drag and pinch on the picture. Boxes, reset and saving are Bokeh's tools.

const WHEEL_PIXELS = 100; // a notch, as browsers count it
const LINE_PIXELS = 33; // what Firefox calls a line
const PINCH_WHEEL = 8; // a pinch on a touch pad comes as a wheel with small steps

class Hand {
  // on_move is called after each movement, on_release when a drag or pinch ends.
  constructor(view, camera, on_move, on_release) {
    this.view = view;
    this.camera = camera;
    this.on_move = on_move;
    this.on_release = on_release;
    this.pointers = new Map();
    const options = { capture: true, passive: false };
    view.el.addEventListener("wheel", (event) => this._wheel(event), options);
    view.el.addEventListener("pointerdown", (event) => this._down(event), options);
    view.el.addEventListener("pointermove", (event) => this._drag(event), options);
    for (const end of ["pointerup", "pointercancel"]) {
      view.el.addEventListener(end, (event) => this._up(event), options);
    }
  }

  // Whether the tool of this gesture ("drag", "scroll") that is switched on is the named one.
  _is_active(gesture, type) {
    const tool = this.camera.figure.toolbar.gestures[gesture]?.active;
    return tool?.type === type;
  }

  // Where an event is, as shares of the window from -0.5 to 0.5; null if it is on the toolbar.
  _place(event) {
    const outer = this.view.el.getBoundingClientRect();
    const { x0, y0, width, height } = this.view.frame.bbox;
    const across = (event.clientX - outer.left - x0) / width - 0.5;
    const up = 0.5 - (event.clientY - outer.top - y0) / height;
    const inside = Math.abs(across) <= 0.5 && Math.abs(up) <= 0.5;
    const above = event.composedPath().some((element) => element.classList?.contains("bk-Toolbar"));
    return inside && !above ? { across, up } : null;
  }

  _wheel(event) {
    const place = this._place(event);
    if (place === null || !this._is_active("scroll", "WheelZoomTool")) {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
    const unit = [1, LINE_PIXELS, 10 * LINE_PIXELS][event.deltaMode];
    const pixels = event.deltaY * unit * (event.ctrlKey ? PINCH_WHEEL : 1);
    const notches = Math.min(Math.max(-pixels / WHEEL_PIXELS, -4), 4);
    this.camera.zoom(notches, place.across, place.up);
    this.on_move();
  }

  _down(event) {
    const place = this._place(event);
    const drags = this._is_active("pan", "PanTool") || event.pointerType === "touch";
    const boxes = this._is_active("pan", "BoxZoomTool") && this.pointers.size === 0;
    if (place === null || event.button !== 0 || !drags || boxes) {
      return;
    }
    event.stopPropagation();
    this.pointers.set(event.pointerId, place);
    this.view.el.setPointerCapture(event.pointerId);
  }

  _drag(event) {
    const before = this.pointers.get(event.pointerId);
    if (before === undefined) {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
    const outer = this.view.el.getBoundingClientRect();
    const { x0, y0, width, height } = this.view.frame.bbox;
    const now = {
      across: (event.clientX - outer.left - x0) / width - 0.5,
      up: 0.5 - (event.clientY - outer.top - y0) / height,
    };
    const fingers = [...this.pointers.values()];
    this.pointers.set(event.pointerId, now);
    if (fingers.length === 1) {
      this.camera.pan(now.across - before.across, now.up - before.up);
    } else {
      const moved = [...this.pointers.values()];
      const [from, to] = [middle(fingers), middle(moved)];
      this.camera.pan(to.across - from.across, to.up - from.up);
      const aspect = height / width;
      const stretched = spread(moved, aspect) / Math.max(spread(fingers, aspect), 1e-3);
      this.camera.zoom(Math.log(Math.max(stretched, 1e-3)) / Math.log(NOTCH), to.across, to.up);
    }
    this.on_move();
  }

  _up(event) {
    if (this.pointers.delete(event.pointerId)) {
      event.stopPropagation();
      if (this.pointers.size === 0) {
        this.on_release();
      }
    }
  }
}

function middle([a, b]) {
  return { across: (a.across + b.across) / 2, up: (a.up + b.up) / 2 };
}

function spread([a, b], aspect) {
  return Math.hypot(a.across - b.across, (a.up - b.up) * aspect);
}
