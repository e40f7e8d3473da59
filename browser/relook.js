// What can be pressed, typed into or watched in the viewport, kept until somebody acts; and whether
// it is still so at a point. Nothing of it can be reached by the page.
() => {
  const ACTS = 'a[href],area[href],button,input,select,textarea,label,summary,option,iframe,' +
    'embed,object,video,canvas,[role=button],[role=link],[role=menuitem],[role=option],[role=tab],' +
    '[role=switch],[role=checkbox],[role=radio],[role=textbox],[onclick],[tabindex],' +
    '[contenteditable=""],[contenteditable=true]';
  const UNSEEN_INSIDE = 'iframe,embed,object,canvas';
  const MOST = 400;
  const plain = (text) => String(text ?? '').replace(/[\s\d]+/g, ' ').trim().slice(0, 80);
  const up = (node) => node.parentElement ?? node.getRootNode().host ?? null;
  const owner = (node) => {
    for (let each = node; each; each = up(each)) if (each.matches(ACTS)) return each;
    return null;
  };
  const deepest = (x, y) => {
    let found = document.elementFromPoint(x, y);
    while (found?.shadowRoot) {
      const inner = found.shadowRoot.elementFromPoint(x, y);
      if (!inner || inner === found) break;
      found = inner;
    }
    return found;
  };
  const focused = () => {
    let found = document.activeElement;
    while (found?.shadowRoot?.activeElement) found = found.shadowRoot.activeElement;
    return found === document.body || found === document.documentElement ? null : found;
  };
  const isButton = (node) => node.localName === 'input' && /^(submit|button|reset|image)$/.test(node.type);
  const named = (node) => plain(node.getAttribute('aria-label') || (isButton(node) && node.value) ||
    (node.childElementCount <= 20 && node.localName !== 'select' && node.localName !== 'textarea' &&
      !node.isContentEditable && node.textContent) || node.placeholder || node.title || '');
  // What it is, without what may change by itself: digits, values, styles.
  const says = (node) => [node.localName, node.type ?? '', node.getAttribute('role') ?? '', named(node),
    node.href ?? '', node.src ?? '', node.getAttribute('formaction') ?? '',
    node.form?.getAttribute('action') ?? '', node.form?.getAttribute('method') ?? ''].join('|');
  const holds = (outer, inner) => {
    for (let each = inner; each; each = up(each)) if (each === outer) return true;
    return false;
  };
  const relates = (one, other) => holds(one, other) || holds(other, one) ||
    one.control === other || other.control === one;
  const boxed = (box, x, y) => box.left <= x && x < box.right && box.top <= y && y < box.bottom;

  const then = [];
  for (const element of document.querySelectorAll(ACTS)) {
    const box = element.getBoundingClientRect();
    if (box.width <= 0 || box.height <= 0 || box.bottom <= 0 || box.right <= 0 ||
      box.top >= innerHeight || box.left >= innerWidth) continue;
    const found = deepest((Math.max(box.left, 0) + Math.min(box.right, innerWidth)) / 2,
      (Math.max(box.top, 0) + Math.min(box.bottom, innerHeight)) / 2);
    then.push({ element, box, says: says(element), shown: Boolean(found && owner(found) &&
      relates(owner(found), element)) });
    if (then.length === MOST) break;
  }
  const focus = focused();
  const focusSaid = focus && says(focus);

  const judge = (was, is) => {
    if (!was && !is) return 'unknown';
    if (!was) return is.getRootNode() === document ? 'changed' : 'unknown'; // not listed above
    if (is && (is === was.element || relates(is, was.element)) && was.element.isConnected) {
      if (says(was.element) !== was.says) return 'changed';
      return was.element.matches(UNSEEN_INSIDE) ? 'unknown' : 'same';
    }
    if (is && says(is) === was.says) return 'same'; // drawn anew
    return was.shown ? 'changed' : 'unknown';
  };

  return {
    at(x, y) {
      const found = deepest(x, y);
      const is = found && owner(found);
      const area = ({ box }) => box.width * box.height;
      const was = then.filter(({ box, shown }) => boxed(box, x, y))
        .sort((one, other) => other.shown - one.shown || area(one) - area(other))[0] ?? null;
      const isGap = was && !is && found?.contains(was.element);
      return {
        verdict: isGap ? 'unknown' : judge(was, is),
        now: is ? named(is) : '', now_tag: (is ?? found)?.localName ?? '',
        was: was ? was.says.split('|')[3] : '', was_tag: was ? was.element.localName : '',
      };
    },
    focus() {
      const is = focused();
      const same = is === focus ? !focus || says(focus) === focusSaid
        : Boolean(is && focus && says(is) === focusSaid);
      return {
        verdict: same ? 'same' : 'changed',
        now: is ? named(is) : '', now_tag: is?.localName ?? '',
        was: focusSaid ? focusSaid.split('|')[3] : '', was_tag: focus?.localName ?? '',
      };
    },
  };
}
