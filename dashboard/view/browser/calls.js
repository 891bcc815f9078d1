// Words to and from the server beside views and pictures; `dashboard/view/browser_calls.py` is the other end.

class Calls {
  constructor(asked, answers) {
    this.asked = asked;
    this.number = 0;
    this.callbacks = new Map();
    answers.properties.data.change.connect(() => {
      const row = row_of(answers);
      for (const callback of this.callbacks.get(row.kind) ?? []) {
        callback(row);
      }
    });
  }

  send(kind, values = {}) {
    const row = { kind, number: ++this.number, ...values };
    this.asked.data = Object.fromEntries(Object.entries(row).map(([key, value]) => [key, [value]]));
  }

  on(kind, callback) {
    this.callbacks.set(kind, [...(this.callbacks.get(kind) ?? []), callback]);
  }
}

// The one row of a data source.
function row_of({ data }) {
  const columns = data instanceof Map ? [...data] : Object.entries(data);
  return Object.fromEntries(columns.map(([name, values]) => [name, values[0]]));
}
