// Which pictures to ask for: as many as the whole path carries while the hand moves, the exact one
// when it rests.

const REST_MS = 160; // no movement for so long is rest
const PICTURE_MS = 45; // what a picture may take on its way, beyond what any answer takes
const LOST_MS = 3000; // an answer that takes longer does not hold up the next request
const COARSEST = 8;

class Requests {
  // send(request) hands a request to the server.
  constructor(camera, frames, send) {
    this.camera = camera;
    this.frames = frames;
    this.send = send;
    this.number = 0;
    this.under_way = new Map();
    this.path = new Path();
    this.sent = "";
    this.timer = null;
    this.scheduled = false;
  }

  // The camera has moved: a picture of where it is now, unless enough are under way.
  moved() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.rest(), REST_MS);
    if (!this.scheduled) {
      this.scheduled = true;
      queueMicrotask(() => {
        this.scheduled = false;
        this._follow();
      });
    }
  }

  // The camera stands still: the picture at full resolution, and everything beside it.
  rest() {
    clearTimeout(this.timer);
    this.timer = null;
    this._ask(1, true);
  }

  // The server's answer to request `number` and all before it.
  answered(number, pixels) {
    const request = this.under_way.get(number);
    if (request !== undefined && pixels > 0) {
      this.path.took(performance.now() - request.sent_at, pixels);
    }
    for (const earlier of [...this.under_way.keys()]) {
      if (earlier <= number) {
        this.under_way.delete(earlier);
      }
    }
    if (this.timer !== null) {
      this._follow();
    }
  }

  // When the request was sent that has waited longest for an answer; Infinity if none waits.
  get oldest() {
    return Math.min(...[...this.under_way.values()].map(({ sent_at }) => sent_at));
  }

  _follow() {
    const now = performance.now();
    const waiting = [...this.under_way.values()].filter(({ sent_at }) => now - sent_at < LOST_MS);
    if (waiting.length < this.path.at_once && this._view() !== this.sent) {
      this._ask(this.path.coarseness(this._columns() * this._rows()), false);
    }
  }

  _ask(coarse, rest) {
    const { x, y, width } = this.camera;
    const nx = Math.ceil(this._columns() / coarse);
    const ny = Math.ceil((this._rows() * nx) / this._columns());
    const number = ++this.number;
    this.sent = this._view();
    this.under_way.set(number, { sent_at: performance.now() });
    const surround = !this.frames.surrounds(this.camera, rest ? 2.5 : 1.5);
    this.send({ seq: number, x, y, width, nx, ny, coarse, rest, surround });
  }

  _view() {
    const { x, y, width } = this.camera;
    return `${x} ${y} ${width}`;
  }

  _columns() {
    return Math.max(Math.round(this.camera.columns * devicePixelRatio), 1);
  }

  _rows() {
    return Math.max(Math.round(this.camera.rows * devicePixelRatio), 1);
  }
}

// What the way to the server and back takes: so much for any answer, and so much for each pixel.
// A line through the answers of late, where each counts for a little less than the next.
class Path {
  constructor() {
    this.weight = this.mean_p = this.mean_t = this.var_p = this.cov = 0;
  }

  took(ms, pixels) {
    const p = pixels / 1e6;
    this.weight = 0.85 * this.weight + 1;
    const share = 1 / this.weight;
    const [dp, dt] = [p - this.mean_p, ms - this.mean_t];
    this.mean_p += share * dp;
    this.mean_t += share * dt;
    this.var_p = (1 - share) * (this.var_p + share * dp * dp);
    this.cov = (1 - share) * (this.cov + share * dp * dt);
  }

  // Milliseconds for a million pixels. While all answers were of one size, half of it is guessed.
  get per_megapixel() {
    if (this.weight === 0) {
      return 0;
    }
    const guess = (0.5 * this.mean_t) / this.mean_p;
    if (this.var_p < 1e-4 * this.mean_p ** 2) {
      return guess;
    }
    return Math.min(Math.max(this.cov / this.var_p, 0), this.mean_t / this.mean_p);
  }

  get any_answer() {
    return Math.max(this.mean_t - this.per_megapixel * this.mean_p, 0);
  }

  // By how much to divide the resolution so that this many pixels come in time.
  coarseness(pixels) {
    const factor = Math.sqrt((this.per_megapixel * pixels) / 1e6 / PICTURE_MS);
    return Math.min(Math.max(Math.ceil(factor - 0.1), 1), COARSEST);
  }

  // How many requests to have under way, so that a long way is no slow one.
  get at_once() {
    return Math.min(2 + Math.floor(this.any_answer / PICTURE_MS), 4);
  }
}
