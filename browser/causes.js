// What causes what.
//
// A *cause* is the beginning of a chain of callbacks: an input event, a script that was parsed, a
// message out of the blue. Timers, frames, requests and messages carry the cause of the code that
// started them into their callbacks. So when the host asks whether all is over that began after a
// certain moment, a poll that runs since the page was loaded does not count, whatever it does now;
// the request of a debounced key press does, although a timer lies between.
//
// Promise reactions need no wrapping: they run in the same task as the callback that settles the
// promise, so the cause of that callback simply stays set until the task is over.
//
// Nothing here changes what the page sees: wrapped functions are proxies of the native ones.

const REPEAT_MS = 2000; // chains of timers without requests go on for ever after this time
const REPEAT_LOAD_MS = 1000; // in a new document, where tickers are started, already after this

const { apply, construct, defineProperty, getOwnPropertyDescriptor } = Reflect;
const { setTimeout, clearTimeout, requestAnimationFrame, Proxy, Promise, MessageChannel, Infinity } = globalThis;
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
let startedAt = 0; // beginning of the latest chain that has started anything, ms since 1970

// Something was started that may show later, whether or not it can be followed.
function start(because = cause()) {
  startedAt = Math.max(startedAt, because.born);
}

// `until`, ms since 1970: given up then; `matters`: asked each time; `frame`: drawn by a script.
function expect(because, options) {
  const item = { because, until: Infinity, matters: null, frame: false, ...options };
  start(because);
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

// ------------------------------------------------------------------ wrapping

// Replaces owner[name], or what sets it, by a proxy; `traps` receives the native function.
function wrap(owner, name, traps) {
  const descriptor = owner && getOwnPropertyDescriptor(owner, name);
  const part = descriptor?.set ? "set" : "value";
  if (typeof descriptor?.[part] !== "function" || !descriptor.configurable) return;
  descriptor[part] = new Proxy(descriptor[part], traps);
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

