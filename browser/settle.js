// Runs first in every document. Remembers, for everything a page has under way, what caused it.
//
// A *cause* is the beginning of a chain of callbacks: an input event, a script that was parsed, a
// message out of the blue. Timers, frames, requests and messages carry the cause of the code that
// started them into their callbacks. So when the host asks "is everything that began after 12:00:03.120
// over?", a poll that has been running since the page was loaded does not count, whatever it does
// now, and the fetch of a debounced key press does, although a timer lies between.
//
// Promise reactions need no wrapping: they run in the same task as the callback that settles the
// promise, so the cause of that callback simply stays set until the task is over.
//
// Nothing here changes what the page sees: wrapped functions are proxies of the native ones, and
// the one property added to the window is keyed by a symbol that only the host knows.
(() => {
  const KEY = Symbol.for("__KEY__");
  if (globalThis[KEY]) return;

  const HORIZON_MS = 1000; // a timer that waits longer is not part of the action's effect
  const WORKER_MS = 2000; // a worker that was asked computes at most so long
  const ANIMATION_MS = 1500; // longer animations are decoration (a toast, a countdown bar)
  const REPEAT_MS = 2000; // chains of timers without requests go on for ever after this time
  const REPEAT_LOAD_MS = 1000; // in a new document, where tickers are started, already after this
  const CLOCK_MS = 500; // an interval this long that asks nobody is a clock or a carousel
  const SCROLL_MS = 1500; // nothing scrolls smoothly for longer
  const FRAME_MS = 150; // frames come sooner, or not at all (hidden or throttled)
  const TALK_MS = 120; // who goes on talking says the next thing after that
  const POLL_MS = 10;

  const { apply, construct, defineProperty, getOwnPropertyDescriptor } = Reflect;
  const { setTimeout, requestAnimationFrame, Proxy, Promise, MessageChannel, Infinity } = globalThis;
  const then = Promise.prototype.then;
  const listen = EventTarget.prototype.addEventListener;
  const now = Date.now; // the same clock as the host's, at its resolution

  // ------------------------------------------------------------------ causes

  const fresh = () => ({ born: now(), hops: 0, asked: false });
  const next = (cause) => ({ born: cause.born, hops: cause.hops + 1, asked: cause.asked });

  let current = null; // the cause of the running task; null: nothing known, so it begins here
  let depth = 0; // wrapped callbacks on the stack
  let forgetting = false;
  let pigeon = null;
  const cause = () => current ?? fresh();

  // The cause must outlive the callback, for its microtasks, and end with the task: a message to
  // ourselves is delivered in a later one.
  function forget() {
    if (forgetting) return;
    forgetting = true;
    if (!pigeon) {
      const channel = new MessageChannel();
      channel.port1.onmessage = () => {
        forgetting = false;
        current = null;
      };
      pigeon = channel.port2;
    }
    post(pigeon);
  }
  const nativePost = MessagePort.prototype.postMessage;
  const post = (port) => apply(nativePost, port, [0]);

  function resume(because) {
    current = because;
    forget();
  }

  function run(because, callback, self, args) {
    const outer = current;
    if (because.born < begin) backgroundRuns += 1;
    current = because;
    depth += 1;
    try {
      return apply(callback, self, args);
    } finally {
      depth -= 1;
      if (depth > 0) current = outer;
      else forget();
    }
  }

  // ------------------------------------------------------------------ what is under way

  const items = new Set();
  let begin = Infinity; // of the action that is waited for, ms since 1970
  let active = 0; // when something it caused last ended, ms since 1970
  let backgroundRuns = 0; // callbacks that it did not cause

  // `until` ms since 1970: given up then; `matters`: asked each time; `frame`: of a script's animation.
  function expect(because, options) {
    const item = { because, until: Infinity, matters: null, frame: false, ...options };
    if (options) items.add(item);
    return item;
  }

  function done(item) {
    if (items.delete(item) && counts(item)) active = now();
  }

  const counts = (item) =>
    item.because.born >= begin && !isPerpetual(item) && (!item.matters || item.matters());

  const isNewDocument = () => bornAt >= begin;
  const bornAt = now();

  // Chains that repeat themselves for so long are tickers, not effects. A poll that was started by
  // an input event is the exception: it usually waits for the result.
  function isPerpetual({ because, frame }) {
    if (because.hops === 0) return false; // no chain yet
    let patience = isNewDocument() ? REPEAT_LOAD_MS : because.asked ? Infinity : REPEAT_MS;
    if (frame) patience /= 2;
    return now() - because.born > patience;
  }

  function pending() {
    for (const item of items) {
      if (now() > item.until) items.delete(item);
      else if (counts(item) && !(item.frame && document.hidden)) return item.what;
    }
    if (isNewDocument() && document.readyState !== "complete") return "the page is loading";
    if (document.fonts?.status === "loading" && isNewDocument()) return "fonts are loading";
    return animation();
  }

  let shadows = []; // weak references to shadow roots, also closed ones

  function animation() {
    shadows = shadows.filter((shadow) => shadow.deref());
    const roots = [document, ...shadows.map((shadow) => shadow.deref())];
    for (const each of roots.flatMap((root) => root?.getAnimations?.() ?? [])) {
      if (each.playState !== "running" || each.timeline !== document.timeline) continue;
      const { endTime } = each.effect?.getComputedTiming() ?? {};
      if (!(endTime <= ANIMATION_MS)) continue;
      // Start times are those of frames, and a frame may be a little older than the input.
      const age = each.startTime === null ? 0 : document.timeline.currentTime - each.startTime;
      if (now() - age >= begin - 50) return "an animation is running";
    }
    return "";
  }

  // ------------------------------------------------------------------ wrapping

  // Replaces owner[name] by a proxy; `traps` receives the native function.
  function wrap(owner, name, traps) {
    const descriptor = owner && getOwnPropertyDescriptor(owner, name);
    if (typeof descriptor?.value !== "function" || !descriptor.configurable) return;
    descriptor.value = new Proxy(descriptor.value, traps);
    defineProperty(owner, name, descriptor);
    if ("construct" in traps) {
      defineProperty(descriptor.value.prototype, "constructor", {
        ...getOwnPropertyDescriptor(descriptor.value.prototype, "constructor"),
        value: descriptor.value,
      });
    }
  }

  // The page gets a promise that settles one microtask later, after `resume`.
  function followed(promise, item, because) {
    const over = () => {
      done(item);
      resume(because);
    };
    return apply(then, promise, [
      (value) => (over(), value),
      (error) => {
        over();
        throw error;
      },
    ]);
  }

  function follow(owner, names, what) {
    for (const name of names) {
      wrap(owner, name, {
        apply(native, self, args) {
          const because = cause();
          const promise = apply(native, self, args);
          return followed(promise, expect(because, { what }), because);
        },
      });
    }
  }

  // ------------------------------------------------------------------ timers and frames

  // Calls that take a callback and return a number by which they can be cancelled. `describe` says
  // how a call is to be awaited, or null where it is not.
  function schedule(start, stops, scheduled, describe) {
    wrap(globalThis, start, {
      apply(native, self, args) {
        const [callback, option] = args;
        const isOurs = self === undefined || self === null || self === globalThis;
        if (!isOurs) return apply(native, self, args);
        let because = cause();
        if (typeof callback !== "function") {
          // A string: it can be awaited, but not followed.
          const until = now() + (+option || 0) + POLL_MS;
          expect(because, describe(option) && { ...describe(option), until });
          return apply(native, self, args);
        }
        const repeats = start === "setInterval";
        const wrapped = function (...received) {
          if (repeats) because = item.because = next(because);
          else {
            scheduled.delete(id);
            done(item);
          }
          try {
            return run(repeats ? because : next(because), callback, this, received);
          } finally {
            if (repeats && counts(item)) active = now();
            if (repeats && option >= CLOCK_MS && !because.asked) done(item);
          }
        };
        const id = apply(native, self, [wrapped, ...args.slice(1)]);
        const item = expect(because, describe(option));
        scheduled.set(id, item);
        return id;
      },
    });
    for (const stop of stops) {
      wrap(globalThis, stop, {
        apply(native, self, args) {
          done(scheduled.get(args[0]));
          scheduled.delete(args[0]);
          return apply(native, self, args);
        },
      });
    }
  }

  const timers = new Map(); // timeouts and intervals share their numbers
  const short = (delay, what, matters) =>
    delay > HORIZON_MS ? null : { what: `${what} of ${+delay || 0} ms`, matters };
  schedule("setTimeout", [], timers, (delay) => short(delay, "a timer"));
  schedule("setInterval", ["clearTimeout", "clearInterval"], timers, (period) =>
    short(period, "an interval", () => !(isNewDocument() && period >= CLOCK_MS)),
  );
  schedule("requestIdleCallback", ["cancelIdleCallback"], new Map(), () => ({
    what: "idle work",
    until: now() + HORIZON_MS,
  }));
  schedule("requestAnimationFrame", ["cancelAnimationFrame"], new Map(), () => ({
    what: "a script's animation",
    frame: true,
  }));

  if (globalThis.Scheduler) {
    wrap(Scheduler.prototype, "postTask", {
      apply(native, self, args) {
        const [callback, options] = args;
        if (typeof callback !== "function") return apply(native, self, args);
        const because = cause();
        const wrapped = (...received) => run(next(because), callback, undefined, received);
        const promise = apply(native, self, [wrapped, ...args.slice(1)]);
        const item = expect(because, short(options?.delay ?? 0, "a scheduled task"));
        return followed(promise, item, because);
      },
    });
    follow(Scheduler.prototype, ["yield"], "a scheduled task");
  }

  // ------------------------------------------------------------------ requests

  const where = (url) => {
    try {
      return `a request to ${new URL(url?.url ?? url, document.baseURI).pathname}`;
    } catch {
      return "a request";
    }
  };

  wrap(globalThis, "fetch", {
    apply(native, self, args) {
      const because = cause();
      const promise = apply(native, self, args);
      const [resource, options] = args;
      // What may outlive the page is a report to somebody else, not a question.
      const isBeacon = options?.keepalive ?? (resource instanceof Request && resource.keepalive);
      if (!isBeacon) because.asked = true;
      const item = expect(because, isBeacon ? null : { what: where(resource) });
      return followed(promise, item, because);
    },
  });
  const body = ["json", "text", "arrayBuffer", "blob", "formData", "bytes"];
  follow(Response.prototype, body, "the rest of a response");
  follow(Blob.prototype, ["text", "arrayBuffer", "bytes"], "reading a file");
  follow(ReadableStreamDefaultReader.prototype, ["read"], "the rest of a stream");
  follow(Object.getPrototypeOf(new ReadableStream().values()), ["next"], "the rest of a stream");

  const targets = new Map(); // of open XMLHttpRequests by the request
  wrap(globalThis, "XMLHttpRequest", {
    construct(native, args, newTarget) {
      const request = construct(native, args, newTarget);
      for (const type of ["readystatechange", "progress", "load", "error", "abort", "timeout", "loadend"]) {
        apply(listen, request, [type, () => progressed(request, type === "loadend")]);
      }
      return request;
    },
  });
  function progressed(request, isOver) {
    const item = targets.get(request);
    if (!item) return;
    if (depth === 0) resume(item.because);
    if (isOver) {
      targets.delete(request);
      done(item);
    }
  }
  const urls = new WeakMap();
  wrap(XMLHttpRequest.prototype, "open", {
    apply(native, self, args) {
      done(targets.get(self));
      urls.set(self, args[1]);
      return apply(native, self, args);
    },
  });
  wrap(XMLHttpRequest.prototype, "send", {
    apply(native, self, args) {
      const because = cause();
      because.asked = true;
      const item = expect(because, { what: where(urls.get(self)) });
      targets.set(self, item);
      try {
        return apply(native, self, args);
      } catch (error) {
        targets.delete(self);
        done(item);
        throw error;
      }
    },
  });

  // ------------------------------------------------------------------ conversations

  // Sockets, event streams and workers: their messages are caused by whoever spoke last to them.
  // Somebody who was asked owes an answer if anybody listens; while he goes on talking, the answer
  // is not over, unless he talked before he was asked.
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

  // ------------------------------------------------------------------ other things that take time

  follow(globalThis.HTMLImageElement?.prototype, ["decode"], "an image is being decoded");
  follow(globalThis, ["createImageBitmap"], "an image is being decoded");
  follow(globalThis.SubtleCrypto?.prototype, ["digest", "encrypt", "decrypt", "sign", "verify", "deriveKey", "deriveBits", "generateKey", "importKey"], "cryptography");
  follow(globalThis.CacheStorage?.prototype, ["match", "open"], "a cache");
  follow(globalThis.Cache?.prototype, ["match", "add", "put"], "a cache");
  for (const store of ["IDBFactory", "IDBObjectStore", "IDBIndex"]) {
    for (const name of ["open", "get", "getAll", "getAllKeys", "put", "add", "delete", "clear", "count", "openCursor"]) {
      wrap(globalThis[store]?.prototype, name, {
        apply(native, self, args) {
          const because = cause();
          const request = apply(native, self, args);
          const item = expect(because, { what: "a database", until: now() + HORIZON_MS });
          for (const type of ["success", "error"]) {
            apply(listen, request, [type, () => {
              done(item);
              if (depth === 0) resume(because);
            }]);
          }
          return request;
        },
      });
    }
  }

  // Only the end of a view transition is of interest, and it may never come: without a limit on
  // frames (--disable-frame-rate-limit) it stops headless Chromium 156 from drawing for good.
  for (const owner of [Document.prototype, Element.prototype]) {
    wrap(owner, "startViewTransition", {
      apply(native, self, args) {
        const transition = apply(native, self, args);
        transition.skipTransition();
        apply(then, transition.ready, [null, () => {}]); // which is rejected now
        return transition;
      },
    });
  }

  wrap(Element.prototype, "attachShadow", {
    apply(native, self, args) {
      const root = apply(native, self, args);
      shadows.push(new WeakRef(root));
      return root;
    },
  });

  // ------------------------------------------------------------------ input and scrolling

  // Input begins a new cause, whatever ran just before. Scripts that click keep their own.
  const inputs = "pointerdown pointerup mousedown mouseup click dblclick contextmenu keydown keyup beforeinput input change submit wheel mousemove pointermove dragstart drop paste";
  for (const type of inputs.split(" ")) {
    apply(listen, globalThis, [type, (event) => {
      if (!event.isTrusted || depth > 0) return;
      resume(fresh());
      active = now();
    }, { capture: true, passive: true }]);
  }

  // Events that come again and again are caused by what began their series.
  function serial(type, gapMs, progressed) {
    const series = new WeakMap();
    apply(listen, globalThis, [type, ({ target }) => {
      const last = series.get(target);
      const born = last && now() - last.at < gapMs ? last.born : now();
      series.set(target, { born, at: now() });
      if (depth === 0) resume({ ...fresh(), born });
      progressed?.(born);
    }, { capture: true, passive: true }]);
  }
  serial("timeupdate", 1500);
  serial("animationiteration", 5000);
  serial("scroll", 200, (born) => {
    if (born >= begin && now() - born < SCROLL_MS) active = now();
  });

  // ------------------------------------------------------------------ answering the host

  // This document and those inside it that it may touch; the host asks the others itself.
  function reach(view, found) {
    found.push(view[KEY]);
    let unreached = 0;
    for (let i = 0; i < view.frames.length; i += 1) {
      try {
        if (view.frames[i][KEY]) unreached += reach(view.frames[i], found);
      } catch {
        unreached += 1;
      }
    }
    return unreached;
  }

  const inner = {
    since(beginMs) {
      begin = beginMs;
      return { busy: pending(), active, backgroundRuns };
    },
  };

  // Resolves once nothing that began after `beginMs` has been under way for `quietMs`, in this
  // document and those of its own origin inside it: [true, "", documents out of reach], or
  // [false, what, …] at the limit.
  function wait(beginMs, limitMs, quietMs, isConfirmation) {
    const arrivedAt = now();
    let quietSince = isConfirmation ? 0 : arrivedAt;
    let framedSince = isConfirmation || globalThis.top !== globalThis ? Infinity : 0;
    let dueAt = arrivedAt;
    let excuses = 5;
    let backgroundBefore = 0;
    return new Promise((resolve) => {
      let isFrameAsked = false;
      const askForFrame = () => {
        const askedAt = now();
        isFrameAsked = true;
        // Observers of intersections are told at the end of a frame: after it, one more task.
        requestAnimationFrame(() => {
          setTimeout(() => {
            isFrameAsked = false;
            framedSince = Math.max(framedSince, askedAt);
          });
        });
      };
      const look = () => {
        let busy = "";
        let background = 0;
        const found = [];
        const unreached = reach(globalThis, found);
        for (const realm of found) {
          const state = realm.since(beginMs);
          busy ||= state.busy;
          background += state.backgroundRuns;
          quietSince = Math.max(quietSince, state.active);
        }
        // What kept us waiting, where it was not the background, was the page at work.
        if (now() - dueAt > quietMs && background === backgroundBefore && excuses > 0) {
          excuses -= 1;
          quietSince = now();
        }
        backgroundBefore = background;
        if (busy) quietSince = now();
        const quietFor = now() - quietSince;
        const isFramed = framedSince >= quietSince || quietFor > quietMs + FRAME_MS || document.hidden;
        if (!busy && quietFor >= quietMs && isFramed) return resolve([true, "", unreached]);
        if (now() - arrivedAt >= limitMs) return resolve([false, busy || "the page keeps changing", unreached]);
        if (!isFrameAsked && framedSince < quietSince) askForFrame();
        const pauseMs = Math.max(1, Math.min(POLL_MS, quietMs - quietFor));
        dueAt = now() + pauseMs;
        setTimeout(look, pauseMs);
      };
      look();
    });
  }

  defineProperty(globalThis, KEY, { value: Object.freeze({ ...inner, wait }) });
})();
