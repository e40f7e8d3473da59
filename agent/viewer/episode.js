// Comfort only: everything on the page can be read without this script.
(() => {
  "use strict";
  const one = (selector, within = document) => within.querySelector(selector);
  const each = (selector, within = document) => [...within.querySelectorAll(selector)];
  const root = document.documentElement, strip = one(".strip"), player = one(".player");
  const scrubber = one(".scrubber"), sheet = one(".sheet"), playing = one(".play");
  const SPEEDS = [1, 2, 4, 0.5];
  let stops = [], thumbs = new Map(), spans = [], current = -1, timer = 0, speed = 0;

  function gather() {
    stops = each("main > .stop");
    thumbs = new Map(each(".thumb").map((thumb) => [thumb.hash.slice(1), thumb]));
    spans = each(".time-bar rect");
    scrubber.max = stops.length;
    for (const hidden of each(".moments")) hidden.hidden = false;
    for (const picture of each(".picture")) {  // of a size that the page's style did not foresee
      picture.style.setProperty("--wide", picture.dataset.wide);
      picture.style.setProperty("--high", picture.dataset.high);
    }
  }

  const showsAll = () => root.classList.contains("all");
  const nameOf = (index) => (stops[index].id === "end" ? "end" : stops[index].id.slice(5));

  function mark(index) {
    if (index === current && stops[index].classList.contains("now")) return;
    for (const was of each(".stop.now")) was.classList.remove("now");
    for (const was of each(".thumb[aria-current]")) was.removeAttribute("aria-current");
    current = index;
    stops[index].classList.add("now");
    const name = nameOf(index), last = stops.length - (one("#end") ? 1 : 0);
    scrubber.value = index + 1;
    scrubber.setAttribute("aria-valuetext", name === "end" ? "the end" : `step ${name} of ${last}`);
    one(".place").textContent = name === "end" ? "end" : `${name} / ${last}`;
    for (const span of spans) span.classList.toggle("now", span.dataset.step === name);
    const thumb = thumbs.get(stops[index].id);
    if (thumb) {
      thumb.setAttribute("aria-current", "step");
      const row = one(".chapters"), box = thumb.getBoundingClientRect(), frame = row.getBoundingClientRect();
      row.scrollBy({ left: box.left - frame.left - (row.clientWidth - box.width) / 2, behavior: "instant" });
    }
  }

  function go(index, { told = true } = {}) {
    index = Math.min(Math.max(index, 0), stops.length - 1);
    moment("before");
    mark(index);
    const stop = stops[index];
    if (showsAll()) stop.scrollIntoView({ block: "start" });
    else if (scrollY > strip.offsetTop) scrollTo({ top: strip.offsetTop, behavior: "instant" });
    if (told) history.replaceState(history.state, "", "#" + stop.id);
    if (told && !timer) one(".told-aloud").textContent = `${stop.ariaLabel}. ${one(".action", stop)?.textContent ?? one(".status", stop)?.textContent ?? ""}`;
    tether();
  }

  /** The stop whose top has passed the strip last; only where all are shown. */
  function stopInView() {
    const edge = strip.getBoundingClientRect().bottom + 40;
    const atBottom = innerHeight + scrollY >= root.scrollHeight - 2;
    if (atBottom && scrollY > 0) return stops.length - 1;
    const next = stops.findIndex((stop) => stop.getBoundingClientRect().top > edge);
    return Math.max(0, next < 0 ? stops.length - 1 : next - 1);
  }

  function moment(name) {
    const stop = stops[current];
    if (!stop) return;
    for (const figure of each(".screen:has(.after)", stop)) {
      for (const picture of each(".picture", figure))
        picture.hidden = picture.classList.contains("after") !== (name === "after");
      for (const button of each("[data-moment]", figure))
        button.setAttribute("aria-pressed", String(button.dataset.moment === name));
    }
    stop.dataset.moment = name;
    tether();
  }

  /** Lines from where a zoomed view was taken to the view. */
  function tether() {
    for (const old of each(".tether")) old.remove();
    for (const looks of each(".stop.now .zoomed .looks")) {
      const from = one(".screen .region.zoomed rect", looks), to = one("figure.zoom .picture", looks);
      if (!from || !to || one(".screen .before", looks).hidden) continue;
      const frame = looks.getBoundingClientRect(), a = from.getBoundingClientRect(), b = to.getBoundingClientRect();
      if (b.left < a.right) continue;  // below each other
      const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
      svg.classList.add("tether");
      svg.setAttribute("aria-hidden", "true");
      for (const [y, end] of [[a.top, b.top], [a.bottom, b.bottom]]) {
        const line = document.createElementNS("http://www.w3.org/2000/svg", "line");
        const places = { x1: a.right - frame.left, y1: y - frame.top, x2: b.left - frame.left, y2: end - frame.top };
        for (const [name, value] of Object.entries(places)) line.setAttribute(name, value.toFixed(1));
        svg.append(line);
      }
      looks.append(svg);
    }
  }

  /** How long a person looks at a step, ms. */
  function lookingTime() {
    const words = one(".thought", stops[current])?.textContent.length ?? 0;
    return Math.min(1400 + 18 * words, 5000) / SPEEDS[speed];
  }

  function pause() {
    clearTimeout(timer);
    timer = 0;
    playing.setAttribute("aria-pressed", "false");
    playing.ariaLabel = "Play";
  }

  function advance() {
    if (current >= stops.length - 1) return pause();
    go(current + 1);
    timer = setTimeout(advance, lookingTime());
  }

  function play() {
    if (timer) return pause();
    if (current >= stops.length - 1) go(0);
    playing.setAttribute("aria-pressed", "true");
    playing.ariaLabel = "Pause";
    timer = setTimeout(advance, lookingTime());
  }

  function step(by) {
    pause();
    go((showsAll() ? stopInView() : current) + by);
  }

  function nextChapter() {
    pause();
    const plain = (stop) => (stop.dataset.chapter ?? "").replace(/ \(\d+(st|nd|rd|th) try\)$/, "");
    const here = plain(stops[current]);
    const next = stops.findIndex((stop, index) => index > current && plain(stop) && plain(stop) !== here);
    go(next < 0 ? stops.length - 1 : next);
  }

  function toggle(name, button) {
    const is = root.classList.toggle(name);
    if (button) button.setAttribute("aria-pressed", String(name === "bare" ? !is : is));
    if (name === "all") go(current);
    tether();
  }

  const KEYS = {
    ArrowRight: () => step(1), j: () => step(1), ArrowLeft: () => step(-1), k: () => step(-1),
    Home: () => { pause(); go(0); }, End: () => { pause(); go(stops.length - 1); },
    " ": play, s: () => { speed = (speed + 1) % SPEEDS.length; one(".place").textContent = `${SPEEDS[speed]} ×`; },
    b: () => moment(stops[current].dataset.moment === "after" ? "before" : "after"),
    i: nextChapter, m: () => toggle("bare", one(".marks")), a: () => toggle("all", one(".switches .all")),
    w: () => toggle("wide"),
    g: () => { const about = each(".about"), open = !about[0].open; for (const part of about) part.open = open; },
    "?": () => (sheet.open ? sheet.close() : sheet.showModal()),
  };

  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (event.target.closest("input:not(.scrubber), textarea, select, [contenteditable]")) return;
    if (event.key === " " && event.target.closest("button, summary, a")) return;
    if (event.target === scrubber && /^(Arrow|Home|End)/.test(event.key)) return;
    if (sheet.open && event.key !== "?") return;
    if (!Object.hasOwn(KEYS, event.key)) return;
    KEYS[event.key]();
    event.preventDefault();
  });

  document.addEventListener("click", (event) => {
    const chosen = event.target.closest("[data-moment]");
    if (chosen?.matches("button")) return moment(chosen.dataset.moment);
    const link = event.target.closest("a[href^='#']");
    if (link) {
      const index = stops.findIndex((stop) => "#" + stop.id === link.getAttribute("href"));
      if (index < 0) return;
      event.preventDefault();
      pause();
      go(index);
    } else if (event.target.closest(".picture")) toggle("wide");
  });

  one(".back").addEventListener("click", () => step(-1));
  one(".on").addEventListener("click", () => step(1));
  playing.addEventListener("click", play);
  one(".marks").addEventListener("click", (event) => toggle("bare", event.currentTarget));
  one(".switches .all").addEventListener("click", (event) => toggle("all", event.currentTarget));
  one(".help").addEventListener("click", () => sheet.showModal());
  scrubber.addEventListener("input", () => { pause(); go(Number(scrubber.value) - 1); });
  addEventListener("hashchange", () => goToHash());
  addEventListener("scroll", () => { if (showsAll()) mark(stopInView()); }, { passive: true });
  addEventListener("resize", tether, { passive: true });

  function goToHash() {
    const index = stops.findIndex((stop) => "#" + stop.id === location.hash);
    go(index < 0 ? 0 : index, { told: false });
  }

  /** Take over what has changed on the server, and stay where the person is. */
  async function renew() {
    const answer = await fetch(location.pathname + location.search, { cache: "no-store" });
    if (!answer.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    const steps = () => stops.filter((stop) => stop.id !== "end");
    const atNewest = current >= steps().length - 1, was = stops[current]?.id;
    for (const part of [".chapters", ".time-bar", ".head .verdict"]) {
      const [old, now] = [one(part), one(part, fresh)];
      if (old && now && old.dataset.source !== now.outerHTML) replace(old, now);
    }
    const main = one("main");
    for (const now of each("main > .stop", fresh)) {
      const old = document.getElementById(now.id);
      if (old && sources.get(now.id) === now.outerHTML) continue;
      sources.set(now.id, now.outerHTML);
      if (old) replace(old, now);
      else main.insertBefore(document.adoptNode(now), now.id === "end" ? null : one("#end"));
    }
    gather();
    current = -1;
    const same = stops.findIndex((stop) => stop.id === was);
    go(atNewest && was !== "end" ? steps().length - 1 : same, { told: atNewest });
  }

  function replace(old, now) {
    now.dataset.source = now.outerHTML;
    old.replaceWith(document.adoptNode(now));
  }

  const sources = new Map();
  if ("served" in document.body.dataset) {
    for (const stop of each("main > .stop")) sources.set(stop.id, stop.outerHTML);
    document.addEventListener("episode:renew", renew);
  }
  root.classList.add("one");
  player.hidden = false;
  gather();
  goToHash();
})();
