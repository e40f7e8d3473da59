// Conversations: web sockets, event streams, workers, message ports.
//
// A message is caused by whoever spoke last to its sender. Somebody who was asked owes an answer if
// anybody listens; while he goes on talking, the answer is not over, unless he talked before.

const WORKER_MS = 2000; // a worker that was asked computes at most so long
const TALK_MS = 120; // who goes on talking says the next thing after that

const peers = new WeakMap();
const { WebSocket } = globalThis;
const silences = ["open", "error", "close", "messageerror"];

function meet(target, what, because) {
  const peer = { what, because, types: new Set(), item: null, askedAt: 0, heardAt: 0 };
  peer.hears = () => target.onmessage !== null || peer.types.size > 0;
  peer.talks = () => peer.matters() && target.readyState !== 2; // closed, of a stream
  peers.set(target, peer);
  apply(listen, target, ["message", () => heard(peer)]);
  // An open stream has said nothing yet; a socket says that it can be spoken to.
  for (const type of silences) {
    const isAnswer = type !== "open" || target instanceof WebSocket;
    apply(listen, target, [type, () => (isAnswer ? heard(peer, true) : resume(because))]);
  }
  return peer;
}

function ask(peer, because, patience, matters = peer.hears) {
  if (because.born >= peer.because.born) peer.because = because;
  peer.askedAt = now();
  peer.isChatty = now() - peer.heardAt < HORIZON_MS;
  peer.matters = matters;
  items.delete(peer.item);
  peer.item = expect(because, { what: peer.what, matters, until: now() + patience });
}

function heard(peer, isSilence = false) {
  const gapMs = now() - Math.max(peer.heardAt, peer.askedAt);
  const isFirst = peer.heardAt < peer.askedAt;
  if (depth === 0) resume(peer.because);
  done(peer.item);
  if (isSilence) return;
  peer.heardAt = now();
  if (peer.isChatty || now() - peer.askedAt > REPEAT_MS) return;
  const until = now() + (isFirst ? TALK_MS : Math.min(Math.max(3 * gapMs, TALK_MS), HORIZON_MS));
  peer.item = expect(peer.because, { what: peer.what, matters: peer.talks, until });
}

function converse(name, { what, speak, patience = HORIZON_MS }) {
  wrap(globalThis, name, {
    construct(native, args, newTarget) {
      const target = construct(native, args, newTarget);
      const peer = meet(target, what, cause());
      // While a page loads it opens connections for later; after an input, for an answer.
      ask(peer, peer.because, HORIZON_MS, () => peer.hears() && !isNewDocument());
      return target;
    },
  });
  wrap(speak && globalThis[name]?.prototype, speak, {
    apply(native, self, args) {
      if (peers.has(self)) ask(peers.get(self), cause(), patience);
      return apply(native, self, args);
    },
  });
}
converse("WebSocket", { what: "an answer from a web socket", speak: "send" });
converse("EventSource", { what: "an answer from an event stream" });
converse("Worker", { what: "an answer from a worker", speak: "postMessage", patience: WORKER_MS });

wrap(EventTarget.prototype, "addEventListener", {
  apply(native, self, args) {
    const peer = peers.get(self);
    const [type] = args;
    if (peer && !silences.includes(type) && !peer.types.has(type)) {
      peer.types.add(type);
      if (type !== "message") apply(listen, self, [type, () => heard(peer)]); // a named event
    }
    return apply(native, self, args);
  },
});

// Ports of a channel: a message carries its cause to the other end.
const mailboxes = new WeakMap();
wrap(globalThis, "MessageChannel", {
  construct(native, args, newTarget) {
    const channel = construct(native, args, newTarget);
    const boxes = [[], []];
    for (const [i, port] of [channel.port1, channel.port2].entries()) {
      mailboxes.set(port, boxes[1 - i]);
      apply(listen, port, ["message", () => {
        // Nothing in our own box: the other end has moved to a worker or frame, and answers.
        const [letter] = boxes[i].length ? boxes[i].splice(0, 1) : boxes[1 - i].splice(0);
        if (!letter) return;
        done(letter);
        resume(letter.because);
      }]);
    }
    return channel;
  },
});
wrap(MessagePort.prototype, "postMessage", {
  apply(native, self, args) {
    const box = mailboxes.get(self);
    if (!box) {
      // The other end was made elsewhere, by a shared worker or another window.
      ask(peers.get(self) ?? meet(self, "an answer to a message", fresh()), cause(), HORIZON_MS);
    } else {
      if (box.length === 100) items.delete(box.shift()); // nobody collects them
      box.push(expect(cause(), { what: "a message", until: now() + HORIZON_MS }));
    }
    return apply(native, self, args);
  },
});
