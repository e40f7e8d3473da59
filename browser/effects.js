// What takes time: timers, requests, and a few other things. Each is noted when it begins, with its
// cause, and when it ends.

const HORIZON_MS = 1000; // a timer that waits longer is not part of the action's effect
const CLOCK_MS = 500; // an interval this long that asks nobody is a clock or a carousel

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
        const until = now() + (+option || 0) + 10;
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
        const id = Number(args[0]);
        done(scheduled.get(id));
        scheduled.delete(id);
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
const IDLE = "idle work";
schedule("requestIdleCallback", ["cancelIdleCallback"], new Map(), () => ({
  what: IDLE,
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

const PROGRESS = "readystatechange progress load error abort timeout loadend".split(" ");
const targets = new Map(); // what is expected of each XMLHttpRequest
wrap(globalThis, "XMLHttpRequest", {
  construct(native, args, newTarget) {
    const request = construct(native, args, newTarget);
    for (const type of PROGRESS) {
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

// ------------------------------------------------------------------ other things that take time

follow(globalThis.HTMLImageElement?.prototype, ["decode"], "an image is being decoded");
follow(globalThis, ["createImageBitmap"], "an image is being decoded");
const CRYPTO = "digest encrypt decrypt sign verify deriveKey deriveBits generateKey importKey";
follow(globalThis.SubtleCrypto?.prototype, CRYPTO.split(" "), "cryptography");
follow(globalThis.CacheStorage?.prototype, ["match", "open"], "a cache");
follow(globalThis.Cache?.prototype, ["match", "add", "put"], "a cache");

const DATABASE = "open get getAll getAllKeys put add delete clear count openCursor".split(" ");
for (const store of ["IDBFactory", "IDBObjectStore", "IDBIndex"]) {
  for (const name of DATABASE) {
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

const READINGS = "readAsText readAsDataURL readAsArrayBuffer readAsBinaryString";
for (const name of READINGS.split(" ")) {
  wrap(FileReader.prototype, name, {
    apply(native, self, args) {
      const because = cause();
      const item = expect(because, { what: "reading a file", until: now() + HORIZON_MS });
      for (const type of ["load", "loadend"]) {
        apply(listen, self, [type, () => {
          done(item);
          if (depth === 0) resume(because);
        }]);
      }
      return apply(native, self, args);
    },
  });
}

wrap(globalThis.HTMLCanvasElement?.prototype, "toBlob", {
  apply(native, self, args) {
    const [callback, ...options] = args;
    if (typeof callback !== "function") return apply(native, self, args);
    const because = cause();
    const item = expect(because, { what: "an image is being encoded" });
    const wrapped = (...received) => {
      done(item);
      run(next(because), callback, undefined, received);
    };
    return apply(native, self, [wrapped, ...options]);
  },
});
follow(globalThis.OffscreenCanvas?.prototype, ["convertToBlob"], "an image is being encoded");

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

// ------------------------------------------------------------------ what cannot be followed

// Its results come in tasks of the browser's own, so a page that began it gets its whole time.
const UNFOLLOWED = {
  window: "postMessage open print scroll scrollTo scrollBy",
  "WebAssembly": "compile compileStreaming instantiate instantiateStreaming",
  "Notification": "requestPermission",
  "Element.prototype":
    "requestFullscreen requestPointerLock scroll scrollTo scrollBy scrollIntoView " +
    "scrollIntoViewIfNeeded scrollTop scrollLeft",
  "HTMLElement.prototype": "focus",
  "Document.prototype": "exitFullscreen",
  "History.prototype": "back forward go",
  "BroadcastChannel.prototype": "postMessage",
  "ServiceWorker.prototype": "postMessage",
  "ServiceWorkerContainer.prototype": "register getRegistration getRegistrations",
  "Clipboard.prototype": "read readText write writeText",
  "Permissions.prototype": "query",
  "StorageManager.prototype": "estimate persist persisted getDirectory",
  "LockManager.prototype": "request query",
  "CookieStore.prototype": "get getAll set delete",
  "Geolocation.prototype": "getCurrentPosition watchPosition",
  "MediaDevices.prototype": "getUserMedia getDisplayMedia enumerateDevices",
  "HTMLMediaElement.prototype": "play load",
  "FontFace.prototype": "load",
  "FontFaceSet.prototype": "load",
  "CSSStyleSheet.prototype": "replace",
  "ReadableStream.prototype": "pipeTo pipeThrough tee",
  "WritableStreamDefaultWriter.prototype": "write close",
  "BaseAudioContext.prototype": "decodeAudioData",
  "IDBDatabase.prototype": "transaction",
};
const begun = {
  apply(native, self, args) {
    start();
    return apply(native, self, args);
  },
};
for (const [path, names] of Object.entries(UNFOLLOWED)) {
  const owner = path.split(".").reduce((object, name) => object?.[name], globalThis);
  for (const name of names.split(" ")) wrap(owner, name, begun);
}
