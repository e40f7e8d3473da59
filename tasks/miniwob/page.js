// Runs before the page's own scripts, in every document of a task.
(() => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(PAGE_CSS);
  document.adoptedStyleSheets = [sheet];

  // An image that shows under the mouse only is loaded before: while it loads, a click misses.
  const images = [];
  const load = async (url) => {
    const image = new Image();
    image.src = url;
    images.push(image);
    await image.decode().catch(() => {}); // some pages name images that are not there
  };
  const loadImages = () => Promise.all([...document.styleSheets]
    .filter((sheet) => sheet.ownerNode.tagName === "STYLE")
    .flatMap((sheet) => [...sheet.cssRules])
    .flatMap((rule) => [...rule.cssText.matchAll(/url\("([^"]+)"\)/g)])
    .map(([, url]) => load(url)));

  // The terminal greets with the day; the same seed is to show the same on every day.
  const { toDateString } = Date.prototype;
  const today = toDateString.call(new Date());
  Date.prototype.toDateString = function () {
    const day = toDateString.call(this);
    return day === today ? "Fri Jan 01 2016" : day;
  };

  const FOREVER_MS = 2 ** 31 - 1; // the longest timer that browsers keep
  let begun = false;

  const begin = async (seed) => {
    if (!images.length) await loadImages();
    document.activeElement?.blur();
    Math.seedrandom(seed);
    core.EPISODE_MAX_TIME = FOREVER_MS;
    core.countdownTimer = () => {}; // its clock is not shown
    core.startEpisodeReal();
    while (!WOB_TASK_READY) await new Promise((resolve) => setTimeout(resolve, 5));
    begun = true;
    const told = core.getUtterance(); // an object in a few tasks
    return typeof told === "string" ? { goal: told, fields: {} }
      : { goal: told.utterance, fields: told.fields ?? {} };
  };

  // Whoever has left the page has no such globals, and nothing has begun where they are.
  const state = () => (!begun ? null : {
    begun, done: WOB_DONE_GLOBAL, raw: WOB_RAW_REWARD_GLOBAL, reason: WOB_REWARD_REASON,
  });

  Object.defineProperty(globalThis, "__vigorl_miniwob", { value: { begin, state } });
})();
