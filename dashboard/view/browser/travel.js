// A smooth way to another view, in which pictures follow as they follow the hand.
//
// J. van Wijk and W. Nuij, "Smooth and efficient zooming and panning", 2003: the way out and in
// again along which the picture seems to move at one speed.

const RHO = Math.SQRT2;
const [UNIT_MS, LEAST_MS, MOST_MS] = [420, 240, 2400]; // a unit is a zoom by e^RHO, which is 4.1
const FINER = 6; // how many digits a coordinate keeps beyond the first of the width

class Travel {
  // on_move is called after each step, on_arrive at the end.
  constructor(camera, on_move, on_arrive) {
    this.camera = camera;
    this.on_move = on_move;
    this.on_arrive = on_arrive;
    this.goal = null;
    this.frame = null;
    this.still = matchMedia("(prefers-reduced-motion: reduce)");
  }

  // Where the way leads, or where one is: what the next step is measured from.
  get end() {
    return this.goal ?? this.camera;
  }

  // To about there: no more digits than can be seen, which keeps links short.
  near(x, y, width) {
    const short = (value, unit) => {
      const digits = Math.ceil(FINER - Math.log10(unit));
      return digits > 20 ? value : Number(value.toFixed(Math.max(digits, 0)));
    };
    this.to(short(x, width), short(y, width), short(width, width));
  }

  // at_home: whether that is home, which stays so whatever shape the window takes; at_once: without
  // the way between.
  to(x, y, width, { at_home = false, at_once = false } = {}) {
    const { camera } = this;
    this.stop();
    const start = { x: camera.x, y: camera.y, width: camera.width };
    camera.set(x, y, width); // within its limits
    const goal = { x: camera.x, y: camera.y, width: camera.width };
    const way = way_between(start, goal);
    if (at_once || this.still.matches || document.hidden || way.length === 0) {
      camera.at_home = at_home;
      this.on_move();
      this.on_arrive();
      return;
    }
    camera.set(start.x, start.y, start.width);
    this.goal = goal;
    const ms = Math.min(Math.max(UNIT_MS * way.length, LEAST_MS), MOST_MS);
    let began = null;
    const step = (now) => {
      began ??= now;
      const share = Math.min((now - began) / ms, 1);
      if (share === 1) {
        this.frame = this.goal = null;
        camera.set(goal.x, goal.y, goal.width);
        camera.at_home = at_home;
        this.on_move();
        this.on_arrive();
        return;
      }
      const at = way.at(eased(share) * way.length);
      camera.set(at.x, at.y, at.width);
      this.frame = requestAnimationFrame(step);
      this.on_move();
    };
    this.frame = requestAnimationFrame(step);
  }

  // Whoever moves the camera otherwise takes over from wherever it is.
  stop() {
    cancelAnimationFrame(this.frame);
    this.frame = this.goal = null;
  }
}

function eased(share) {
  return share * share * (3 - 2 * share);
}

// length: 0 where there is nothing to do; at(s): the view after s of it.
function way_between(start, goal) {
  const [dx, dy] = [goal.x - start.x, goal.y - start.y];
  const far = Math.hypot(dx, dy);
  const [w0, w1] = [start.width, goal.width];
  if (far < 1e-6 * Math.min(w0, w1)) {
    const length = Math.abs(Math.log(w1 / w0)) / RHO;
    const at = (s) => {
      const share = length === 0 ? 1 : s / length;
      return { x: start.x + share * dx, y: start.y + share * dy, width: w0 * (w1 / w0) ** share };
    };
    return { length, at };
  }
  const bend = (sign, w) =>
    -Math.asinh((w1 * w1 - w0 * w0 + sign * RHO ** 4 * far * far) / (2 * w * RHO ** 2 * far));
  const [r0, r1] = [bend(1, w0), bend(-1, w1)];
  const at = (s) => {
    const scale = Math.cosh(RHO * s + r0);
    const share = (w0 * Math.sinh(RHO * s)) / (RHO ** 2 * scale * far);
    return {
      x: start.x + share * dx,
      y: start.y + share * dy,
      width: (w0 * Math.cosh(r0)) / scale,
    };
  };
  return { length: (r1 - r0) / RHO, at };
}
