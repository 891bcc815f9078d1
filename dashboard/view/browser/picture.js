// The picture's own path in the browser: joins camera, hand, requests and frames to one figure.
// Runs each time the figure's width changes; does its work the first time a view of it is there.

// Of all copies of this module: where the width changes twice at the start, Bokeh loads it twice.
const joined = (globalThis[Symbol.for("mandelbrot-explorer.joined")] ??= new WeakMap());
const DOUBLE_NOTCHES = 6; // a double click: three times as close

export default ({ figure, source, request, feed, target, asked, answers, styles }, _figure, _data, { index }) => {
  const view = index.get_one(figure);
  const known = joined.get(figure);
  if (view == null || !(figure.inner_width > 0)) {
    return;
  }
  if (known !== undefined) {
    known.handle(view);
    return;
  }
  const column = (name) => target.get_column(name)?.[0];
  const camera = new Camera(figure, column("limits"), column("home"));
  const frames = new Frames(source);
  let steps_known = column("steps"); // to the server, when it sent what came last
  const requests = new Requests(camera, frames, (wanted) => {
    const asked = Object.entries({ ...wanted, steps: steps_known });
    request.data = Object.fromEntries(asked.map(([key, value]) => [key, [value]]));
  });
  const overlay = new Overlay(figure, camera, column("is_page"));
  const step = () => {
    camera.apply();
    frames.cover(camera);
    overlay.changed();
  };
  const settle = () => {
    step();
    requests.rest();
  };
  const travel = new Travel(
    camera,
    () => {
      step();
      requests.moved();
    },
    () => requests.rest(),
  );
  const moved = () => {
    travel.stop();
    step();
    requests.moved();
  };
  const around = ({ across, up }) => ({
    x: camera.x + across * camera.width,
    y: camera.y + up * camera.height,
  });
  const hand = new Hand(camera, overlay, {
    on_move: moved,
    on_release: () => requests.moved(),
    on_double: (place, out) => {
      const { x, y } = around(place);
      travel.near(x, y, camera.width * NOTCH ** (out ? DOUBLE_NOTCHES : -DOUBLE_NOTCHES));
    },
    on_rectangle: (from, to) => {
      const [a, b] = [around(from), around(to)];
      const [wide, high] = [Math.abs(b.x - a.x), Math.abs(b.y - a.y)];
      const width = Math.max(wide, (high * camera.columns) / camera.rows);
      travel.near((a.x + b.x) / 2, (a.y + b.y) / 2, width);
    },
  });
  const go_home = () => travel.to(camera.home.x, camera.home.y, camera.home_width, { at_home: true });
  // Where the server says: somebody else than the hand has moved the view.
  const go = () => {
    camera.home = column("home");
    const at_home = column("fit");
    const width = at_home ? camera.home_width : column("width");
    travel.to(column("x"), column("y"), width, { at_home, at_once: column("leap") });
  };
  const calls = new Calls(asked, answers);
  const walk = new Walk(overlay.is_page, (link, steps) => calls.send("walk", { link, steps }));
  const take = async () => {
    const message = row_of(feed);
    const get = (name) => message[name];
    steps_known = get("steps") ?? steps_known;
    if (get("link") != null) {
      walk.onRest(get("link"), get("steps"));
    }
    const picture = await frames.take(get, Math.round(figure.inner_width * devicePixelRatio));
    frames.cover(camera);
    if (get("seq") != null) {
      requests.answered(get("seq"), picture === null ? 0 : picture.nx * picture.ny);
    }
  };
  const handle = (now) => {
    if (hand.view !== now) {
      align(now);
      paint_smoothly(now, source);
      hand.attach(now);
      overlay.attach(now);
      overlay.changed();
    }
  };
  camera.listener = () => {
    travel.stop();
    settle();
  };
  feed.properties.data.change.connect(() => void take());
  target.properties.data.change.connect(go);
  for (const size of [figure.properties.inner_width, figure.properties.inner_height]) {
    // In the very moment, before Bokeh paints: a picture is never shown stretched.
    size.change.connect(() => {
      if (camera.at_home) {
        camera.go_home();
      }
      camera.apply();
      overlay.changed();
      requests.moved();
    });
  }
  if (!overlay.is_page) {
    take_whole_messages(figure.document);
    tell_news_at_once(figure.document, [request, asked]);
  }
  joined.set(figure, { handle });
  handle(view);
  if (column("fit")) {
    camera.go_home();
  } else {
    camera.set(column("x"), column("y"), column("width"));
  }
  settle();
  const here = {
    ...{ overlay, camera, frames, requests, travel, hand, figure, moved, settle, go_home },
    ...{ calls, walk, feed, styles },
    is_page: overlay.is_page,
    get view() {
      return hand.view;
    },
    where: (event) => {
      const place = hand.place(event);
      return place === null ? null : { ...place, ...around(place) };
    },
  };
  for (const add of OVERLAYS) {
    add(here);
  }
};
