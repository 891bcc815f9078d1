// Runs before the page: notes what it draws and says, without knowing whose page it is.
//
// A picture is what is put into a canvas, or drawn from another one, with at least 100 x 80
// pixels. Bokeh keeps a canvas for each image, puts new pixels into it while the size stays, makes
// a texture of it where there is WebGL, and draws all again whenever the axes move; so pictures are
// told apart by samples of their pixels.
(() => {
  const notes = {pictures: [], received: [], sent: [], inputs: [], extensions: ""};
  const known = new WeakMap();  // from canvas to what was put into it: [{key, width, height}]
  const seen = new Set();
  let objects = 0, active = 0;
  const context = CanvasRenderingContext2D.prototype;
  const {drawImage, putImageData} = context;

  const large = (image) => image.width >= 100 && image.height >= 80;

  function key(image) {
    const {buffer, byteOffset, length} = image.data;
    const pixels = new Uint32Array(buffer, byteOffset, length >> 2);
    let hash = 0x811c9dc5;
    const step = Math.max(1, Math.floor(pixels.length / 4099));
    for (let i = 0; i < pixels.length; i += step) hash = Math.imul(hash ^ pixels[i], 0x01000193);
    return `${hash >>> 0}/${image.width}x${image.height}`;
  }

  function drawn(contents, target) {
    if (!target.isConnected) {
      known.set(target, [...(known.get(target) ?? []), ...contents].slice(-8));
      return;
    }
    for (const {key, width, height} of contents) {
      if (seen.has(key)) continue;
      seen.add(key);
      const picture = {drawn: performance.now(), painted: null, width, height, full: full(width)};
      notes.pictures.push(picture);
      active = picture.drawn;
      requestAnimationFrame(() => { picture.painted = performance.now(); });
    }
  }

  context.putImageData = function (image, ...rest) {
    if (large(image)) {
      const content = {key: key(image), width: image.width, height: image.height};
      if (this.canvas.isConnected) drawn([content], this.canvas);
      else known.set(this.canvas, [content]);
    }
    return putImageData.call(this, image, ...rest);
  };

  context.drawImage = function (image, ...rest) {
    if (large(image) && this.canvas !== image) {
      if (!known.has(image) && !(image instanceof HTMLCanvasElement)) {
        known.set(image, [{key: `object ${objects++}`, width: image.width, height: image.height}]);
      }
      if (known.has(image)) drawn(known.get(image), this.canvas);
    }
    return drawImage.call(this, image, ...rest);
  };

  for (const gl of [WebGLRenderingContext.prototype, WebGL2RenderingContext.prototype]) {
    for (const name of ["texImage2D", "texSubImage2D"]) {
      const upload = gl[name];
      gl[name] = function (...args) {
        const image = args.at(-1);
        if (known.has(image)) drawn(known.get(image), this.canvas);
        else if (args.length === 9 && image instanceof Uint8Array && image.length) {
          const [width, height] = name === "texImage2D" ? args.slice(3) : args.slice(4);
          if (large({width, height}) && image.length === 4 * width * height) {
            const content = {key: key({data: image, width, height}), width, height};
            drawn([content], this.canvas);
          }
        }
        return upload.apply(this, args);
      };
    }
  }

  const length = (data) => data.byteLength ?? data.size ?? data.length;
  const Socket = window.WebSocket;
  window.WebSocket = class extends Socket {
    constructor(...args) {
      super(...args);
      this.addEventListener("message", ({data}) => {
        active = performance.now();
        notes.received.push([active, length(data), typeof data !== "string"]);
        notes.extensions = this.extensions;
      });
    }

    send(data) {
      notes.sent.push([performance.now(), length(data), typeof data !== "string"]);
      if (window.keepSent) window.keepSent.push(data);
      super.send(data);
    }
  };

  for (const name of ["wheel", "pointerdown", "pointermove", "pointerup"]) {
    window.addEventListener(name, (event) => {
      if (name !== "pointermove" || event.buttons) notes.inputs.push([event.timeStamp, name]);
    }, {capture: true, passive: true});
  }

  // The figure with the picture is the widest one.
  function figure() {
    const models = (window.Bokeh?.documents ?? []).flatMap((doc) => [...doc._all_models.values()]);
    return models.filter((model) => model.type === "Figure" && model.inner_width)
      .reduce((a, b) => (!a || b.inner_width > a.inner_width ? b : a), null);
  }

  function full(width) {
    const shown = figure();
    return shown !== null && width >= 0.9 * shown.inner_width * devicePixelRatio;
  }

  window.benchWatch = {
    // Everything noted since the last time.
    take() {
      const taken = {...notes};
      Object.assign(notes, {pictures: [], received: [], sent: [], inputs: []});
      return taken;
    },
    size() {
      const {inner_width, inner_height} = figure();
      return [inner_width, inner_height];
    },
    // Where a point of the plane is on the screen.
    place(x, y) {
      const view = window.Bokeh.index.find_one(figure());
      const box = view.canvas_view.el.getBoundingClientRect();
      const {x_scale, y_scale} = view.frame;
      return [box.x + x_scale.compute(x), box.y + y_scale.compute(y)];
    },
    // Resolves once a whole picture was painted and all was quiet for a while, or time is up.
    async settled(quiet, atMost) {
      const started = performance.now();
      for (;;) {
        await new Promise((done) => setTimeout(done, 50));
        const now = performance.now();
        const whole = notes.pictures.some((picture) => picture.full && picture.painted !== null);
        if (now - started > atMost) return false;
        if (whole && now - active > quiet) return true;
      }
    },
  };
})();
