// The picture's own path in the browser: joins camera, hand, requests and frames to one figure.
// Runs each time the figure's width changes; does its work the first time a view of it is there.

const joined = new WeakMap();

// Bokeh draws half a pixel aside, which makes lines crisp and the pixels of pictures uneven.
function align(view) {
  const layer = view.canvas_view?.primary;
  if (layer?.prepare === undefined) {
    return;
  }
  const prepare = layer.prepare.bind(layer);
  layer.prepare = () => {
    const context = prepare();
    if (layer.hidpi) {
      context.translate(-0.5, -0.5);
    }
    return context;
  };
  view.request_paint();
}

// Bokeh measures the toolbar before it has its new place, and hides the buttons that it then thinks
// do not fit.
function measure_toolbar(view) {
  for (const bar of view.owner.query((other) => other.model === view.model.toolbar)) {
    bar.after_resize?.();
  }
}

export default ({ figure, source, request, feed, target }, _figure, _data, { index }) => {
  const view = index.get_one(figure);
  const known = joined.get(figure);
  if (view == null || !(figure.inner_width > 0)) {
    return;
  }
  if (known !== undefined) {
    known.handle(view);
    return;
  }
  const column = (model, name) => model.get_column(name)?.[0];
  const goal = () => ["x", "y", "width"].map((name) => column(target, name));
  const camera = new Camera(figure, column(target, "limits"), column(target, "home"));
  const frames = new Frames(source);
  const requests = new Requests(camera, frames, (asked) => {
    request.data = Object.fromEntries(Object.entries(asked).map(([key, value]) => [key, [value]]));
  });
  const go = () => {
    camera.home = column(target, "home");
    camera.set(...goal());
    camera.apply();
    frames.cover(camera);
    requests.rest();
  };
  const moved = () => {
    camera.apply();
    frames.cover(camera);
    requests.moved();
  };
  const take = async () => {
    const message = new Map(
      [...new Map(feed.data instanceof Map ? feed.data : Object.entries(feed.data))].map(
        ([name, values]) => [name, values[0]],
      ),
    );
    const get = (name) => message.get(name);
    if (get("link") != null && location.search !== get("link")) {
      history.replaceState(history.state, "", get("link"));
    }
    const picture = await frames.take(get, Math.round(figure.inner_width * devicePixelRatio));
    if (get("seq") != null) {
      requests.answered(get("seq"), picture === null ? 0 : picture.nx * picture.ny);
    }
  };
  let hand = null;
  const handle = (now) => {
    if (hand?.view !== now) {
      align(now);
      hand = new Hand(now, camera, moved, () => requests.moved());
    }
  };
  camera.listener = () => {
    frames.cover(camera);
    requests.rest();
  };
  feed.properties.data.change.connect(() => void take());
  target.properties.data.change.connect(go);
  for (const size of [figure.properties.inner_width, figure.properties.inner_height]) {
    // In the very moment, before Bokeh paints: a picture is never shown stretched.
    size.change.connect(() => {
      camera.apply();
      requests.moved();
      requestAnimationFrame(() => requestAnimationFrame(() => measure_toolbar(hand.view)));
    });
  }
  joined.set(figure, { handle });
  handle(view);
  go();
};
