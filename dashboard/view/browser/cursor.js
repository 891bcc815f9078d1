// The point under the cursor: where it is, what is asked of it, and who is told.
//
// Coordinates are known here. Whatever else there is to say the server is asked for, one question
// at a time, and none while the picture moves: what it answers is of the newest point that rests.

const ASK_MS = 60; // between two questions
const CALM_MS = 220; // the picture has stood still for so long
const UNHEARD_MS = 8000; // a question without an answer does not hold up the next
const NEAR_PIXELS = 3; // as far as a hand moves while an answer is on its way
const [PRESS_MS, PRESS_PIXELS] = [500, 10]; // a finger that rests for so long asks for its point

class Cursor {
  constructor({ overlay, camera, calls, hand, where }) {
    Object.assign(this, { overlay, camera, calls, hand, where });
    this.point = null; // {x, y}, null beside the picture
    this.pinned = false; // whether it stays where it is when the pointer moves on
    this.answer = null; // the newest of the server's, of `point` or one a moment ago
    this.listeners = [];
    this.switches = []; // of what is shown of the point: { is_on, set_on }
    this.wishes = []; // each returns what is to be asked beside counts; null for nothing
    this.number = 0;
    this.under_way = null;
    this.asked_at = this.moved_at = -Infinity;
    this.event = null;
    this.frame = this.timer = null;
    calls.on("point", (row) => this._take(row));
    overlay.follow(() => this._picture_moved());
    overlay.on_view((view) => this._attach(view));
  }

  // callback() is called when the point, the pin or what is known of it has changed.
  listen(callback) {
    this.listeners.push(callback);
  }

  // want() returns the fields of a question that somebody has now; null if nobody asks.
  wish(want) {
    this.wishes.push(want);
  }

  // What is_on() tells of and set_on(false) ends is shown of the point, and ends with it.
  shows(is_on, set_on) {
    this.switches.push({ is_on, set_on });
  }

  // Whether there was anything to end.
  end() {
    const on = this.switches.filter(({ is_on }) => is_on());
    on.forEach(({ set_on }) => set_on(false));
    return this.unpin() || on.length > 0;
  }

  // Ask again, since somebody wishes for something else.
  again() {
    this.stale = true;
    this._ask();
  }

  pin(point) {
    this.pinned = true;
    this._go_to(point);
  }

  // Whether there was a point to let go.
  unpin() {
    const was = this.pinned;
    if (was) {
      this.pinned = false;
      this._go_to(this.event === null ? null : this.where(this.event));
    }
    return was;
  }

  forget() {
    this.answer = this.under_way = null;
    this.unpin();
    this.again();
    this._tell();
  }

  // Whether what is known is of a point that is not worth telling from the one of now.
  get is_fresh() {
    const { answer, point, camera } = this;
    if (answer === null || point === null) {
      return false;
    }
    return Math.hypot(answer.x - point.x, answer.y - point.y) < (NEAR_PIXELS * camera.width) / camera.columns;
  }

  // Where to look from the keyboard: at the pin, at the pointer, or at the middle.
  get place() {
    return this.point ?? { x: this.camera.x, y: this.camera.y };
  }

  _attach(view) {
    view.el.addEventListener("pointermove", (event) => this._moved(event));
    view.el.addEventListener("pointerleave", (event) => {
      if (event.pointerType !== "touch") {
        this.event = null;
        this._look_soon();
      }
    });
    view.el.addEventListener("click", (event) => this._click(event));
    // Before the hand, which keeps what it takes for a gesture to itself.
    view.el.addEventListener("pointerdown", (event) => this._press(event), { capture: true });
  }

  _moved(event) {
    if (event.pointerType !== "touch" && event.buttons === 0) {
      this.event = event;
      this._look_soon();
    }
  }

  _look_soon() {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = null;
      if (!this.pinned) {
        this._go_to(this.event === null ? null : this.where(this.event));
      }
    });
  }

  _click(event) {
    if (event.pointerType === "touch" || this.where(event) === null || this.was_dragged) {
      return;
    }
    if (event.detail > 1) {
      this.unpin(); // a double click goes somewhere else
    } else if (this.pinned) {
      this.unpin();
    } else {
      this.pin(this.where(event));
    }
  }

  _press(event) {
    const at = { x: event.clientX, y: event.clientY };
    this.was_dragged = false;
    clearTimeout(this.pressing);
    const far = (now) => Math.hypot(now.clientX - at.x, now.clientY - at.y) > PRESS_PIXELS;
    const options = { capture: true };
    const move = (now) => {
      if (far(now)) {
        this.was_dragged = true;
        clearTimeout(this.pressing);
      }
    };
    const end = () => {
      clearTimeout(this.pressing);
      removeEventListener("pointermove", move, options);
      removeEventListener("pointerup", end, options);
      removeEventListener("pointercancel", end, options);
    };
    addEventListener("pointermove", move, options);
    addEventListener("pointerup", end, options);
    addEventListener("pointercancel", end, options);
    if (event.pointerType === "touch" && event.isPrimary) {
      this.pressing = setTimeout(() => {
        const point = this.where(event);
        if (point !== null && this.hand.pointers.size === 1) {
          this.on_press();
          this.pin(point);
        }
      }, PRESS_MS);
    } else if (event.pointerType === "touch") {
      end(); // a second finger: a pinch
    }
  }

  on_press() {}

  _picture_moved() {
    this.moved_at = performance.now();
    if (this.pinned && !is_in_window(this, on_window(this, this.point.x, this.point.y))) {
      this.unpin();
    }
    if (!this.pinned && this.event !== null) {
      this._look_soon();
    }
    this._tell();
    this._ask();
  }

  _go_to(point) {
    const { x, y } = this.point ?? {};
    this.point = point === null ? null : { x: point.x, y: point.y };
    if (point === null || point.x !== x || point.y !== y) {
      this.stale = point !== null;
      this.answer = point === null ? null : this.answer;
    }
    this._tell();
    this._ask();
  }

  // The question of now, as soon as it may be asked.
  _ask() {
    clearTimeout(this.timer);
    const wishes = this.wishes.map((want) => want()).filter((fields) => fields !== null);
    if (!this.stale || this.point === null || wishes.length === 0) {
      return;
    }
    const now = performance.now();
    const waits = [this.asked_at + ASK_MS, this.moved_at + CALM_MS];
    if (this.under_way !== null) {
      waits.push(this.asked_at + UNHEARD_MS);
    }
    if (this.hand.pointers.size > 0 && !this.pinned) {
      waits.push(now + CALM_MS); // until the hand lets go
    }
    const wait = Math.max(...waits) - now;
    if (wait > 0) {
      this.timer = setTimeout(() => this._ask(), wait);
      return;
    }
    this.stale = false;
    this.asked_at = now;
    this.under_way = ++this.number;
    const { x, y } = this.point;
    this.calls.send("point", Object.assign({ asked: this.number, x, y }, ...wishes));
  }

  _take(row) {
    if (row.asked !== this.under_way) {
      return;
    }
    this.under_way = null;
    if (this.point !== null) {
      this.answer = row;
      this._tell();
    }
    this._ask();
  }

  _tell() {
    for (const callback of this.listeners) {
      callback();
    }
  }
}

// Where a point of the plane is on the window, in pixels of CSS from its upper left corner.
function on_window({ camera }, x, y) {
  const { columns, rows, width, height } = camera;
  return [((x - camera.x) / width + 0.5) * columns, (0.5 - (y - camera.y) / height) * rows];
}

function is_in_window({ camera }, [left, top]) {
  return left >= 0 && top >= 0 && left <= camera.columns && top <= camera.rows;
}

OVERLAYS.push((here) => {
  here.cursor = new Cursor(here);
  here.formula = { title: "", julia: false, back: false };
  here.on_formula = [];
  here.calls.on("formula", (row) => {
    if (here.formula.title !== row.title) {
      here.cursor.forget(); // what was known is of another plane
    }
    Object.assign(here.formula, row);
    here.on_formula.forEach((callback) => callback());
  });
  here.calls.send("formula");
});
