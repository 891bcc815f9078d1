// How Bokeh puts pictures on its canvas: in place to the pixel, coarse ones smooth, and without
// reading back what it draws.

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

const ENLARGED = 1.5; // from here on a picture's pixels are seen as squares

// Bokeh enlarges pixels as squares; a coarse picture looks better smooth, and so does what is drawn
// larger than it came: the map of the whole set beneath a small window. At 1:1 all stays sharp. And
// Bokeh reads each canvas before it writes all of it anew. Where it has no such functions there are
// squares.
function paint_smoothly(view, source) {
  const glyph = view.computed_renderer_views?.find(({ model }) => model.data_source === source)?.glyph;
  if (glyph?._set_image_data_from_buffer === undefined) {
    return;
  }
  glyph._set_image_data_from_buffer = (i, bytes) => {
    const [nx, ny] = [glyph.image_width[i], glyph.image_height[i]];
    const pixels = new Uint8ClampedArray(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const image = new ImageData(pixels, nx, ny);
    const factor = source.get_column("coarse")?.[i] ?? 1;
    const [wide, high] = [Math.round(nx * factor), Math.round(ny * factor)];
    const before = glyph.image_data[i];
    const target = before?.width === wide && before.height === high ? before.getContext("2d") : canvas(wide, high);
    if (factor === 1) {
      target.putImageData(image, 0, 0);
    } else {
      const small = canvas(nx, ny);
      small.putImageData(image, 0, 0);
      target.imageSmoothingQuality = "high";
      target.drawImage(small.canvas, 0, 0, wide, high);
    }
    glyph.image_data[i] = target.canvas;
  };
  const { image } = glyph.visuals;
  const set = image.set_vectorize?.bind(image);
  if (set !== undefined) {
    image.set_vectorize = (context, i) => {
      set(context, i);
      const pixels = glyph.sdw?.[i] * window.devicePixelRatio;
      context.imageSmoothingEnabled = pixels > ENLARGED * glyph.image_data[i].width;
    };
  }
}
