// What is still under way, for the host that asks.

const ANIMATION_MS = 1500; // longer animations are decoration (a toast, a countdown bar)
const SCROLL_MS = 1500; // nothing scrolls smoothly for longer
const STRIDE_MS = 150; // it moves on after less
const FRAME_MS = 150; // frames come sooner, or not at all (hidden or throttled)
const POLL_MS = 10;

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

wrap(Element.prototype, "attachShadow", {
  apply(native, self, args) {
    const root = apply(native, self, args);
    shadows.push(new WeakRef(root));
    return root;
  },
});

// ------------------------------------------------------------------ frames

let drawnAt = 0; // what was done before then has been drawn, ms since 1970
let isFrameAsked = false;
let whenDrawn = null;

function askForFrame() {
  if (isFrameAsked) return;
  isFrameAsked = true;
  requestAnimationFrame(() => {
    const beganAt = now();
    // Observers of intersections are told at the end of a frame: after it, one more task.
    setTimeout(() => {
      isFrameAsked = false;
      drawnAt = beganAt;
      whenDrawn?.();
    });
  });
}

// ------------------------------------------------------------------ input and scrolling

const listeners = []; // types of events and what listens to them
const watch = (type, listener) => listeners.push([type, listener]);

// Again before each wait, because `document.open` takes all listeners away. Twice is as once.
function watchEvents() {
  for (const [type, listener] of listeners) {
    apply(listen, globalThis, [type, listener, { capture: true, passive: true }]);
  }
}

// Input begins a new cause, whatever ran just before. Scripts that click keep their own.
const POINTING =
  "pointerdown pointerup mousedown mouseup click dblclick contextmenu mousemove pointermove";
const DOING = "keydown keyup beforeinput input change submit wheel dragstart drop paste";
// What the browser itself does for such an element comes in tasks of its own.
const SELF_ACTING =
  "a[href], area[href], form, label, summary, select, input, textarea, [contenteditable], " +
  "iframe, embed, object, video, audio, [popovertarget], [command]";
let begunAt = 0; // when somebody last did something, ms since 1970
for (const type of `${POINTING} ${DOING}`.split(" ")) {
  const isPointing = POINTING.split(" ").includes(type);
  watch(type, (event) => {
    if (!event.isTrusted || depth > 0) return;
    resume(fresh());
    begunAt = active = now();
    if (!type.endsWith("move")) askForFrame(); // it is over sooner than when it is asked for
    if (!isPointing || event.composedPath().some((each) => each.matches?.(SELF_ACTING))) start();
  });
}
if (globalThis.navigation) {
  const navigated = () => {
    begunAt = now();
    start();
  };
  apply(listen, navigation, ["navigate", navigated]);
}

// Events that come again and again are caused by what began their series, until that `isOver`.
function watchSeries(type, gapMs, progressed, isOver) {
  const series = new WeakMap();
  watch(type, ({ target }) => {
    let latest = series.get(target);
    if (!latest || now() - latest.at >= gapMs || isOver?.(latest)) {
      latest = { born: now(), at: 0, ends: 0 };
      series.set(target, latest);
    }
    latest.at = now();
    if (depth === 0) resume({ ...fresh(), born: latest.born });
    progressed?.(latest.born);
  });
  return series;
}
watchSeries("timeupdate", 1500);
watchSeries("animationiteration", 5000);

let scrolling = null;
function scrolled(born) {
  items.delete(scrolling);
  if (now() - born > SCROLL_MS) return;
  scrolling = expect({ ...fresh(), born }, { what: "scrolling", until: now() + STRIDE_MS });
}
// A page that scrolls itself stops often. What stopped once or twice was an earlier action's.
const isOver = ({ at, ends }) => at < begunAt && 0 < ends && ends < 3;
const scrolls = watchSeries("scroll", 200, scrolled, isOver);
watch("scrollend", ({ target }) => {
  const latest = scrolls.get(target);
  if (latest) latest.ends += 1;
  done(scrolling);
});
watchEvents();

// ------------------------------------------------------------------ answering the host

// Collects the states of this document and of those inside it that it may touch; returns how many
// it may not, which the host asks itself.
function reach(view, states) {
  states.push(view[KEY]);
  let unreached = 0;
  for (let i = 0; i < view.frames.length; i += 1) {
    try {
      if (view.frames[i][KEY]) unreached += reach(view.frames[i], states);
    } catch {
      unreached += 1;
    }
  }
  return unreached;
}

// Which of this document's doings began after `beginMs`.
function look(beginMs) {
  if (begin === Infinity || beginMs > begin) begin = beginMs;
  const isStill = startedAt < begin && !isNewDocument();
  return { busy: pending(), active, backgroundRuns, isStill };
}

// Resolves once nothing that began after `beginMs` has been under way for `quietMs`, in this
// document and those inside it: [true, "", documents out of reach], or [false, what, …] at the
// limit. As a confirmation it asks whether that is so already. `stillMs` are enough in a page
// without others inside, where nothing has begun at all and a frame has shown what handlers did.
function wait(beginMs, limitMs, quietMs, stillMs, isConfirmation) {
  watchEvents();
  const arrivedAt = now();
  const wantsFrames = !isConfirmation && globalThis.top === globalThis && !document.hidden;
  // Input has been handled when its sender goes on, so the quiet may have begun with it.
  let quietSince = isConfirmation || active >= beginMs ? 0 : arrivedAt;
  let dueAt = arrivedAt;
  let excuses = 5;
  let backgroundBefore = 0;
  let nextAsk = 0;

  function answer() {
    const states = [];
    const unreached = reach(globalThis, states);
    let busy = "";
    let background = 0;
    let isStill = wantsFrames && globalThis.frames.length === 0;
    for (const state of states) {
      const found = state.look(beginMs);
      busy ||= found.busy;
      isStill &&= found.isStill;
      background += found.backgroundRuns;
      quietSince = Math.max(quietSince, found.active);
    }
    // What kept us waiting, where it was not the background, was the page at work.
    const isLate = now() - dueAt > quietMs && background === backgroundBefore;
    backgroundBefore = background;
    if (busy || (isLate && (excuses -= 1) >= 0)) quietSince = now();
    const quietForMs = now() - quietSince;
    const enoughMs = isStill ? stillMs : quietMs;
    const isDrawn = !wantsFrames || drawnAt >= quietSince || quietForMs > quietMs + FRAME_MS;
    if (!busy && quietForMs >= enoughMs && isDrawn) return [true, "", unreached];
    if (now() - arrivedAt >= limitMs) return [false, busy || "the page keeps changing", unreached];
    // Without frames there is no idle time.
    if (!isDrawn && (!busy || busy === IDLE)) askForFrame();
    dueAt = now() + Math.max(1, Math.min(POLL_MS, enoughMs - quietForMs));
    return null;
  }

  let resolve;
  let isOver = false;
  function ask() {
    if (isOver) return;
    clearTimeout(nextAsk);
    const found = answer();
    if (!found) nextAsk = setTimeout(ask, dueAt - now());
    else {
      isOver = true;
      resolve(found);
    }
  }
  return new Promise((fulfil) => {
    resolve = fulfil;
    whenDrawn = ask;
    ask();
  });
}

defineProperty(globalThis, KEY, { value: Object.freeze({ look, wait }) });
