// What a notebook's page tells the kernel: what is news to it, and at once.

// Panel 1.9 tells it of every change, also of those that come from it or are to stay in the browser
// (Bokeh's `sync: false`): each picture would go back, and both axes with each movement of the hand.
// And it waits for 50 ms to see whether there is more, and until the kernel has answered to what was
// sent before: `urgent` are models for which it does not. Upstream would have to ask `event.sync` as
// Bokeh's own server does. Where a function that is wrapped here is missing, all is as Panel has it.
function tell_news_at_once(document, urgent) {
  for (const root of document?.roots() ?? []) {
    if (!root.type.endsWith("CommManager") || !root._document_changed || !root.process_events) {
      continue;
    }
    const tell = root._document_changed.bind(root);
    root._document_changed = (event) => {
      if (event.sync === false) {
        return;
      }
      if (urgent.includes(event.model) || !is_connected(root._client_comm)) {
        root._event_buffer.push(event);
        once_connected(root._client_comm, () => {
          if (root._event_buffer.length > 0) {
            root.process_events();
          }
        });
      } else {
        tell(event);
      }
    };
  }
}

// A notebook that was saved shows its output before JupyterLab knows the kernel; what is sent to it
// until then is lost.
const CONNECTS_MS = 100;

function is_connected(comm) {
  return comm?.connected !== false; // where it is not said, it is
}

function once_connected(comm, then) {
  if (is_connected(comm)) {
    then();
  } else {
    setTimeout(() => once_connected(comm, then), CONNECTS_MS);
  }
}
