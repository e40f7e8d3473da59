// What can be pressed, typed into or watched in the viewport, kept until somebody acts; and whether
// it is still so at a point. It runs in a world of its own, so that nothing of it can be reached by
// the page; and it reads past the names by which a form or a document hides its own properties
// (`<input name=getAttribute>`).
() => {
  const ACTS = 'a[href],area[href],button,input,select,textarea,label,summary,option,iframe,' +
    'embed,object,video,canvas,[role=button],[role=link],[role=menuitem],[role=option],[role=tab],' +
    '[role=switch],[role=checkbox],[role=radio],[role=textbox],[onclick],[tabindex],' +
    '[contenteditable=""],[contenteditable=true]';
  const UNSEEN_INSIDE = 'iframe,embed,object,canvas';
  const MOST = 400, MOST_KNOWN = 20000, NEAR_PX = 60, GRID_PX = 48, BEGIN_MS = 100, SLICE_MS = 2, PAUSE_MS = 4;

  const read = (kind, name) => {
    const get = Object.getOwnPropertyDescriptor(kind.prototype, name).get;
    return (node) => get.call(node);
  };
  const call = (kind, name) => (node, ...more) => kind.prototype[name].apply(node, more);
  const parentOf = read(Node, 'parentElement'), textOf = read(Node, 'textContent');
  const isIn = read(Node, 'isConnected'), rootOf = call(Node, 'getRootNode');
  const tagOf = read(Element, 'localName'), countOf = read(Element, 'childElementCount');
  const shadowOf = read(Element, 'shadowRoot'), boxOf = call(Element, 'getBoundingClientRect');
  const matches = call(Element, 'matches'), attribute = call(Element, 'getAttribute');
  const pick = (root) => (selector) => (root === document ? Document : DocumentFragment)
    .prototype.querySelectorAll.call(root, selector);
  const hit = (root, x, y) => (root === document ? Document : ShadowRoot)
    .prototype.elementFromPoint.call(root, x, y);
  const activeIn = (root) => read(root === document ? Document : ShadowRoot, 'activeElement')(root);

  const plain = (text, most = 80) =>
    String(text ?? '').replace(/[\s\d]+/g, ' ').trim().slice(0, most);
  const up = (node) => parentOf(node) ?? rootOf(node).host ?? null;
  const above = function* (node) { for (let each = node; each; each = up(each)) yield each; };
  const owner = (node) => {
    for (const each of above(node)) if (matches(each, ACTS)) return each;
    return null;
  };
  const deepest = (x, y) => {
    let found = hit(document, x, y);
    while (found && shadowOf(found)) {
      const inner = hit(shadowOf(found), x, y);
      if (!inner || inner === found) break;
      found = inner;
    }
    return found;
  };
  const focused = () => {
    let found = activeIn(document);
    while (found && shadowOf(found) && activeIn(shadowOf(found))) found = activeIn(shadowOf(found));
    return found && /^(body|html)$/.test(tagOf(found)) ? null : found;
  };
  const isButton = (node) =>
    tagOf(node) === 'input' && /^(submit|button|reset|image)$/.test(node.type);
  const named = (node) => plain(attribute(node, 'aria-label') || (isButton(node) && node.value) ||
    (countOf(node) <= 20 && !/^(select|textarea)$/.test(tagOf(node)) &&
      !node.isContentEditable && textOf(node)) || node.placeholder || node.title || '');
  // What it is, without what may change by itself: digits, values, styles.
  const says = (node) => {
    const form = node.form instanceof HTMLFormElement ? node.form : null;
    return [tagOf(node), node.type ?? '', attribute(node, 'role') ?? '', named(node),
      node.href ?? '', node.src ?? '', attribute(node, 'formaction') ?? '',
      (form && attribute(form, 'action')) ?? '', (form && attribute(form, 'method')) ?? ''].join('|');
  };
  const holds = (outer, inner) => {
    for (const each of above(inner)) if (each === outer) return true;
    return false;
  };
  const relates = (one, other) => holds(one, other) || holds(other, one) ||
    one.control === other || other.control === one;
  const boxed = (box, x, y, by = 0) =>
    box.left - by <= x && x < box.right + by && box.top - by <= y && y < box.bottom + by;

  const all = [], roots = [document];
  for (const root of roots) {
    for (const element of pick(root)('*')) {
      if (all.push(element) >= MOST_KNOWN) break;
      if (shadowOf(element)) roots.push(shadowOf(element));
    }
  }

  const then = [];
  const isKnown = all.length < MOST_KNOWN;
  let isListed = isKnown;
  for (const element of roots.flatMap((root) => [...pick(root)(ACTS)])) {
    const box = boxOf(element);
    if (box.width <= 0 || box.height <= 0 || box.bottom <= 0 || box.right <= 0 ||
      box.top >= innerHeight || box.left >= innerWidth) continue;
    if (then.length === MOST) { isListed = false; break; }
    const found = deepest((Math.max(box.left, 0) + Math.min(box.right, innerWidth)) / 2,
      (Math.max(box.top, 0) + Math.min(box.bottom, innerHeight)) / 2);
    then.push({ element, box, says: says(element), shown: Boolean(found && owner(found) &&
      relates(owner(found), element)) });
  }
  const focus = focused();
  const focusSaid = focus && says(focus);

  // What takes the clicks on a grid of points, and the boxes of all: measured bit by bit, beginning
  // after a while and with pauses, so that who acts at once neither waits nor pays for it. It is over
  // when pictures begin to be doubted; until then pixels are compared where no element tells.
  const grid = new Map(), known = new Map();
  let isMeasured = false;
  const measured = function* () {
    for (let x = GRID_PX / 2; x < innerWidth; x += GRID_PX) {
      for (let y = GRID_PX / 2; y < innerHeight; y += GRID_PX) {
        yield grid.set(`${x} ${y}`, deepest(x, y));
      }
    }
    for (const element of all) yield known.set(element, boxOf(element));
  };
  const turn = (globalThis.look = {});
  const pause = (ms) => new Promise((over) => setTimeout(over, ms));
  const measure = async (steps) => {
    for (await pause(BEGIN_MS); globalThis.look === turn; await pause(PAUSE_MS)) {
      const end = performance.now() + SLICE_MS;
      while (performance.now() < end) if (steps.next().done) return void (isMeasured = true);
    }
  };
  measure(measured());

  const judge = (was, is) => {
    if (!was) return isListed || (isMeasured && isKnown && !known.has(is)) ? 'changed' : 'unknown';
    if (is && (is === was.element || relates(is, was.element)) && isIn(was.element)) {
      if (says(was.element) !== was.says) return 'changed';
      return matches(was.element, UNSEEN_INSIDE) ? 'unknown' : 'same';
    }
    if (is && says(is) === was.says) return 'same'; // drawn anew
    return was.shown ? 'changed' : 'unknown';
  };

  // The outermost around a node of which something holds: what was put there, or taken away, whole.
  const whole = (node, claim) => [...above(node)].filter(claim).pop() ?? node;
  const isAnew = (old, now) => {
    const same = (one, other) => tagOf(one) === tagOf(other) && plain(textOf(one)) !== '' &&
      plain(textOf(one), 2000) === plain(textOf(other), 2000);
    return same(old, now) ||
      same(whole(old, (each) => !isIn(each)), whole(now, (each) => !known.has(each)));
  };
  const around = (x, y) => {
    const low = (at) => (Math.floor(at / GRID_PX - 0.5) + 0.5) * GRID_PX;
    return [0, GRID_PX].flatMap((right) => [0, GRID_PX].map((down) => [low(x) + right, low(y) + down]));
  };
  // Where nothing says what it is for: has something else come under the pointer?
  const judgeBare = (now, x, y) => {
    if (!now || !isListed || !isMeasured) return 'unknown';
    const points = around(x, y).filter(([left, top]) => grid.has(`${left} ${top}`));
    const takers = points.map(([left, top]) => [grid.get(`${left} ${top}`), deepest(left, top)]);
    if (!known.has(now)) return takers.some(([old]) => old && isAnew(old, now)) ? 'unknown' : 'changed';
    if (/^(body|html)$/.test(tagOf(now))) {
      const isGone = ([old, taker]) => old && taker === now && !isIn(old);
      return takers.some(isGone) ? 'changed' : 'unknown';
    }
    const box = known.get(now);
    if (box.width * box.height === 0 || !boxed(box, x, y, NEAR_PX)) return 'changed'; // hidden, or elsewhere
    const isOther = ([old, taker]) => old && taker === now && !relates(old, now) &&
      boxed(known.get(old) ?? box, x, y);
    return takers.some(isOther) ? 'changed' : 'unknown';
  };

  return {
    at(x, y) {
      const found = deepest(x, y);
      const is = found && owner(found);
      const area = ({ box }) => box.width * box.height;
      const was = then.filter(({ box }) => boxed(box, x, y))
        .sort((one, other) => other.shown - one.shown || area(one) - area(other))[0] ?? null;
      const isGap = was && !is && found && holds(found, was.element);
      return {
        verdict: isGap ? 'unknown' : was || is ? judge(was, is) : judgeBare(found, x, y),
        now: is ? named(is) : '', now_tag: (is ?? found) ? tagOf(is ?? found) : '',
        was: was ? was.says.split('|')[3] : '', was_tag: was ? tagOf(was.element) : '',
      };
    },
    focus() {
      const is = focused();
      const same = is === focus ? !focus || says(focus) === focusSaid
        : Boolean(is && focus && says(is) === focusSaid);
      return {
        verdict: same ? 'same' : 'changed',
        now: is ? named(is) : '', now_tag: is ? tagOf(is) : '',
        was: focusSaid ? focusSaid.split('|')[3] : '', was_tag: focus ? tagOf(focus) : '',
      };
    },
  };
}
