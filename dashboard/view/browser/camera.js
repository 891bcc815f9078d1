// Where the picture looks: a centre and a width, and the figure's axes that follow them.

const NOTCH = 1.2; // how much closer one notch of the wheel is

class Camera {
  // limits: {min_width, max_width, max_centre}; home: {x, y, width, height}; all numbers.
  constructor(figure, limits, home) {
    this.figure = figure;
    this.limits = limits;
    this.home = home;
    this.listener = () => {};
    this.set(home.x, home.y, home.width);
    this.pending = false;
    for (const range of [figure.x_range, figure.y_range]) {
      range.change.connect(() => this._range_changed());
    }
  }

  get columns() {
    return this.figure.inner_width;
  }

  get rows() {
    return this.figure.inner_height;
  }

  get height() {
    return (this.width * this.rows) / this.columns;
  }

  // From here on notches count from this width, and return to exactly it.
  set(x, y, width) {
    const { min_width, max_width } = this.limits;
    this.x = this._within(x);
    this.y = this._within(y);
    this.width = this.base = Math.min(Math.max(width, min_width), max_width);
    this.notches = 0;
    this.anchor = null;
    this.at_home = false;
  }

  // The width at which a window of this shape shows all of home, to two decimals.
  get home_width() {
    const { width, height } = this.home;
    const fitting = Math.ceil((100 * height * this.columns) / this.rows - 1e-6) / 100;
    return Math.min(Math.max(width, fitting), this.limits.max_width);
  }

  // Stays home, whatever shape the window takes, until something moves.
  go_home() {
    this.set(this.home.x, this.home.y, this.home_width);
    this.at_home = true;
  }

  // across, up: where in the window, from -0.5 to 0.5; what lies there stays there.
  zoom(notches, across, up) {
    const { min_width, max_width } = this.limits;
    const count = this.notches + notches;
    const least = Math.log(this.base / max_width) / Math.log(NOTCH);
    const most = Math.log(this.base / min_width) / Math.log(NOTCH);
    if (this.anchor === null || this.anchor.across !== across || this.anchor.up !== up) {
      const { x, y, width, height } = this;
      this.anchor = { x, y, width, height, across, up };
    }
    this.notches = Math.min(Math.max(count, least), most);
    const { anchor } = this;
    if (count <= least) {
      this.width = max_width;
    } else if (count >= most) {
      this.width = min_width;
    } else {
      this.width = this.base * NOTCH ** -count;
    }
    // Measured from the anchor and not from tick to tick, so that in and out again is the identity.
    this.at_home = false;
    this.x = this._within(anchor.x + across * (anchor.width - this.width));
    this.y = this._within(anchor.y + up * (anchor.height - this.height));
  }

  // By shares of the window.
  pan(across, up) {
    this.x = this._within(this.x - across * this.width);
    this.y = this._within(this.y - up * this.height);
    this.anchor = null;
    this.at_home = false;
  }

  // The smallest window of this shape that shows the box, centred.
  fit(left, right, bottom, top) {
    const width = Math.max(right - left, ((top - bottom) * this.columns) / this.rows);
    this.set((left + right) / 2, (bottom + top) / 2, width);
  }

  // Moves the axes. The server is told by a request, not by each end of each axis.
  apply() {
    const { x_range, y_range } = this.figure;
    const { x, y, width, height, home } = this;
    const home_width = this.home_width;
    const home_height = (home_width * this.rows) / this.columns;
    this.applied = [x - width / 2, x + width / 2, y - height / 2, y + height / 2];
    const [start, end, bottom, top] = this.applied;
    const local = { sync: false };
    this.applying = true;
    x_range.setv(
      { start, end, reset_start: home.x - home_width / 2, reset_end: home.x + home_width / 2 },
      local,
    );
    y_range.setv(
      {
        start: bottom,
        end: top,
        reset_start: home.y - home_height / 2,
        reset_end: home.y + home_height / 2,
      },
      local,
    );
    this.applying = false;
  }

  // One of Bokeh's tools (box zoom, reset) moved the axes; the second axis follows at once.
  _range_changed() {
    if (this.applying || this.pending) {
      return;
    }
    this.pending = true;
    queueMicrotask(() => {
      this.pending = false;
      const { x_range, y_range } = this.figure;
      const ends = [x_range.start, x_range.end, y_range.start, y_range.end];
      if (this.applied === undefined || ends.every((end, i) => end === this.applied[i])) {
        return;
      }
      if (x_range.start === x_range.reset_start && x_range.end === x_range.reset_end) {
        this.go_home();
      } else if (ends.every(Number.isFinite)) {
        this.fit(...ends);
      }
      this.apply();
      this.listener();
    });
  }

  _within(value) {
    const { max_centre } = this.limits;
    return Math.min(Math.max(value, -max_centre), max_centre);
  }
}
