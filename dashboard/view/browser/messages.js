// A notebook's kernel sends each of Bokeh's messages as one of Jupyter's, if the page takes it.

// Panel 1.9 sends five for a picture, each with its way through Jupyter's server and the notebook;
// `dashboard/panel_patches/messages.py` is the other end. Here Panel's own receiver is handed what it would
// have got one by one. It is patched for all outputs: another view of this one may be opened. Where
// something is missing that is used here, the kernel is told nothing, and all is as Panel has it.
function take_whole_messages(document) {
  for (const root of document?.roots() ?? []) {
    const comm = root._client_comm;
    if (!root.type.endsWith("CommManager") || !root.msg_handler || !comm?.send) {
      continue;
    }
    const kind = Object.getPrototypeOf(root);
    if (!kind.takes_whole) {
      const take = kind.msg_handler;
      kind.takes_whole = true;
      kind.msg_handler = function (message) {
        for (const piece of pieces(message)) {
          take.call(this, piece);
        }
      };
    }
    once_connected(comm, () => {
      const send = comm.send.bind(comm);
      comm.send = (message, ...rest) => send({ ...message, whole: true }, ...rest);
    });
  }
}

// The texts of a whole message: header, metadata, content, and one before each of its buffers.
function pieces(message) {
  const texts = message.content.data?.whole;
  if (texts === undefined) {
    return [message];
  }
  const before = texts.length - message.buffers.length;
  return texts.flatMap((text, number) => {
    const said = { ...message, content: { ...message.content, data: text }, buffers: [] };
    if (number < before) {
      return [said];
    }
    const { buffer, byteOffset, byteLength } = message.buffers[number - before];
    const alone = byteLength === buffer.byteLength; // else Panel would take all there is
    const bytes = alone ? buffer : buffer.slice(byteOffset, byteOffset + byteLength);
    return [said, { ...message, content: { ...message.content, data: {} }, buffers: [{ buffer: bytes }] }];
  });
}
