// What is said until the first picture is there, and that the server is lost.
{
  const lost = document.getElementById("lost");
  window.connectionLost = is => { lost.hidden = !is; };
  lost.querySelector("button").addEventListener("click", () => location.reload());

  const models = function* (type) {
    for (const doc of window.Bokeh?.documents ?? [])
      for (const model of doc._all_models.values()) if (model.type.endsWith(type)) yield model;
  };
  const drawn = () => {
    for (const {data} of models("ColumnDataSource"))
      if ((data.image ?? data.rgba)?.[0]?.length > 4) return true;
    for (const model of models("HTML")) if (model.visible && model.css_classes.includes("notice")) return true;
    return false;
  };
  const first = document.getElementById("first");
  const timer = setInterval(() => {
    if (drawn()) {
      first.hidden = true;
      clearInterval(timer);
    }
  }, 100);
}
