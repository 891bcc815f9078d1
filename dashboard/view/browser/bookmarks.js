// One's own places: links with a name and a small picture, kept in this browser; as a file they go
// from one browser to another.

const STORED = "mandelbrot-places";
const [MOST_PLACES, MOST_LETTERS] = [300, 80];

class Bookmarks {
  // Throws nothing: without storage there is an empty list, and `add` says that nothing is kept.
  get all() {
    try {
      return understood(JSON.parse(localStorage.getItem(STORED) ?? "[]"));
    } catch {
      return [];
    }
  }

  // Whether the browser keeps the list.
  keep(places) {
    try {
      localStorage.setItem(STORED, JSON.stringify(places));
      return true;
    } catch {
      return false;
    }
  }

  add(place) {
    return this.keep([place, ...this.all.filter(({ link }) => link !== place.link)].slice(0, MOST_PLACES));
  }

  remove(link) {
    return this.keep(this.all.filter((place) => place.link !== link));
  }

  rename(link, name) {
    return this.keep(
      this.all.map((place) => (place.link === link ? { ...place, name: name.slice(0, MOST_LETTERS) } : place)),
    );
  }

  get file() {
    const content = { format: STORED, version: 1, places: this.all };
    return new Blob([JSON.stringify(content, null, 1)], { type: "application/json" });
  }

  // Adds what a file has; returns what to say of it.
  take(text) {
    let found;
    try {
      const content = JSON.parse(text);
      found = Array.isArray(content) ? content : content.places;
    } catch {
      found = undefined;
    }
    if (!Array.isArray(found)) {
      return "That is not a file of places; one is made by Export";
    }
    const places = understood(found);
    const before = this.all;
    const known = new Set(before.map(({ link }) => link));
    const fresh = places.filter(({ link }) => !known.has(link));
    if (!this.keep([...fresh, ...before].slice(0, MOST_PLACES))) {
      return "This browser does not keep them: it has no room, or does not allow it";
    }
    const odd = found.length - places.length;
    return `${fresh.length} of ${found.length} places are new${odd > 0 ? `; ${odd} were not understood` : ""}`;
  }
}

// The entries of a list that are places, each with nothing but what a place has.
function understood(list) {
  const is_place = (place) =>
    typeof place?.link === "string" && place.link.startsWith("?") && place.link.length < 4096;
  return (Array.isArray(list) ? list : []).filter(is_place).map(({ name, link, picture }) => ({
    name: String(name ?? "").slice(0, MOST_LETTERS) || "A place",
    link,
    picture: typeof picture === "string" && picture.startsWith("data:image/") ? picture : "",
  }));
}
