// Pictures as they come from the server, put into the source that HoloViews made for the figure.

// A picture in its place: pixels is an ArrayBuffer of RGBA, first row at the bottom.
async function decoded(get, prefix) {
  const data = get(`${prefix}data`);
  if (data == null) {
    return null;
  }
  const [nx, ny] = [get(`${prefix}nx`), get(`${prefix}ny`)];
  const [left, right, bottom, top] = ["left", "right", "bottom", "top"].map((edge) =>
    get(`${prefix}${edge}`),
  );
  const pixels =
    get(`${prefix}coding`) === "indices"
      ? await from_indices(data, nx * ny)
      : await from_image(data, nx, ny);
  return { nx, ny, left, right, bottom, top, pixels };
}

const PALETTE_BYTES = 1024; // 256 colours lie before the indices

// Without a Blob, which would make the way through another process.
async function from_indices(data, size) {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.length); // Bokeh's own cannot be parted
  const colours = new Uint32Array(bytes.slice(0, PALETTE_BYTES).buffer);
  const inflating = new DecompressionStream("deflate");
  const writer = inflating.writable.getWriter();
  const written = writer.write(bytes.subarray(PALETTE_BYTES)).then(() => writer.close());
  const pixels = new Uint32Array(size);
  const painted = paint(inflating.readable.getReader(), colours, pixels);
  await Promise.all([written, painted]);
  return pixels.buffer;
}

async function paint(indices, colours, pixels) {
  let first = 0;
  for (;;) {
    const { done, value } = await indices.read();
    if (done) {
      return;
    }
    for (let i = 0; i < value.length; i++) {
      pixels[first + i] = colours[value[i]];
    }
    first += value.length;
  }
}

async function from_image(data, nx, ny) {
  const options = { colorSpaceConversion: "none", premultiplyAlpha: "none" };
  const image = await createImageBitmap(new Blob([data]), options);
  const context = canvas(nx, ny);
  context.drawImage(image, 0, 0);
  image.close();
  return context.getImageData(0, 0, nx, ny).data.buffer;
}

function canvas(nx, ny) {
  const element = document.createElement("canvas");
  element.width = nx;
  element.height = ny;
  return element.getContext("2d", { willReadFrequently: true });
}

const SURROUND_COARSE = 3; // what lies around the window is drawn so much larger than it came

const WIDER = 64; // how many windows wide a picture may be to lie beneath

function width_of({ left, right }) {
  return right - left;
}

// The pictures on screen: the whole set if need be, a coarse wider one, and the newest.
class Frames {
  constructor(source) {
    this.source = source;
    // The class of the arrays that Bokeh's image glyph takes.
    this.array = source.get("image")[0].constructor;
    this.surround = null;
    this.whole = null;
    this.on_whole = () => {};
    this.on_eased = () => {}; // called before colours change that are to come softly
    this.newest = null;
    this.with_whole = false;
    this.number = -1;
    this.taken = Promise.resolve(); // once all that has come is on screen
  }

  // Decodes one message; returns the picture unless a newer one is shown by then.
  take(get, columns) {
    const taking = this._take(get, columns);
    this.taken = Promise.allSettled([this.taken, taking]);
    return taking;
  }

  async _take(get, columns) {
    const number = get("seq");
    const [picture, surround, whole] = await Promise.all(
      ["", "surround_", "whole_"].map((prefix) => decoded(get, prefix)),
    );
    if (whole !== null) {
      this.whole = { ...whole, coarse: SURROUND_COARSE };
      this.on_whole();
    }
    if (surround !== null) {
      this.surround = { ...surround, coarse: SURROUND_COARSE };
      this.with_whole = false;
    }
    if (number < this.number) {
      return null;
    }
    if (picture === null) {
      if (get("final") && this.newest !== null && !this.newest.final) {
        this.newest = { ...this.newest, final: true };
        this._show(false);
      }
      return null;
    }
    this.number = number;
    picture.final = get("final") === true;
    if (get("eased") === true) {
      this.on_eased();
    }
    const coarse = columns / picture.nx;
    this.newest = coarse > 1.5 ? { ...picture, coarse } : picture;
    this._show(surround !== null);
    return picture;
  }

  // After a leap of the camera: the whole set, coarse, until the picture is there.
  cover(camera) {
    if (this.newest === null || this.whole === null || this.whole.outdated || this.with_whole) {
      return;
    }
    if (!this.surrounds(camera, 1) && width_of(this.whole) <= WIDER * camera.width) {
      this.with_whole = true;
      this._show(true);
    }
  }

  // What lies around the newest picture is of something else than was chosen.
  forget_around() {
    if (this.surround !== null || this.with_whole) {
      this.surround = null;
      this.with_whole = false;
      this._show(true);
    }
    if (this.whole !== null) {
      this.whole = { ...this.whole, outdated: true }; // still a map
    }
  }

  // The server has made these pixels: they are not sent back to it. `sync: false` would say so to
  // Bokeh's server, but not to a notebook's kernel, so the document is not told at all.
  _show(all) {
    const beneath = this.with_whole ? [this.whole, this.surround] : [this.surround];
    const shown = [...beneath, this.newest].filter((picture) => picture !== null);
    const columns = {
      image: shown.map(({ pixels, nx, ny }) => new this.array(pixels, [ny, nx])),
      x: shown.map(({ left }) => left),
      y: shown.map(({ bottom }) => bottom),
      dw: shown.map(({ left, right }) => right - left),
      dh: shown.map(({ bottom, top }) => top - bottom),
      coarse: shown.map(({ coarse = 1 }) => coarse), // see `painting.js`
      // For whoever looks at the page from outside.
      final: shown.map(({ final = false }) => final),
    };
    const before = this.source.get_column("coarse");
    if (all || before?.length !== shown.length) {
      this.source.setv({ data: columns }, { silent: true });
      this.source.properties.data.change.emit();
      this.source.change.emit();
    } else {
      const last = shown.length - 1;
      for (const [name, values] of Object.entries(columns)) {
        this.source.get_column(name)[last] = values[last];
      }
      this.source.patching.emit([last]);
    }
  }

  // Whether what lies around the window is known as far as `times` its size.
  surrounds(camera, times) {
    if (this.surround === null) {
      return false;
    }
    const { left, right, bottom, top } = this.surround;
    const { x, y } = camera;
    const [across, up] = [(times * camera.width) / 2, (times * camera.height) / 2];
    const covers = left <= x - across && right >= x + across && bottom <= y - up && top >= y + up;
    return covers && right - left <= 24 * camera.width;
  }
}
