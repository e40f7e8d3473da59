// What a person could act on in the viewport, and the text between it, in reading order.
//
// Called with [width, height] of the viewport, CSS px. Returns
// [acts, tag, text, left, top, right, bottom] for each, boxes cut to what is visible, CSS px of the
// outermost viewport. Walks the tree as it is rendered: shadow roots, slots, same-origin frames.
([width, height]) => {
  const ACTS = [
    'a[href]', 'button', 'input:not([type=hidden])', 'select', 'option', 'textarea', 'summary',
    'area[href]', '[contenteditable=""]', '[contenteditable=true]', '[draggable=true]', '[onclick]',
    '[tabindex]:not([tabindex="-1"])',
    ...['button', 'checkbox', 'combobox', 'link', 'menuitem', 'menuitemcheckbox', 'menuitemradio',
      'option', 'radio', 'searchbox', 'slider', 'spinbutton', 'switch', 'tab', 'textbox',
      'treeitem'].map((role) => `[role=${role}]`),
  ].join();
  const SILENT = new Set(['SCRIPT', 'STYLE', 'NOSCRIPT', 'TEMPLATE', 'HEAD']);
  const LONGEST_TEXT = 400;
  const found = [];

  const cut = (box, clip) => {
    const [left, top] = [Math.max(box.left, clip.left), Math.max(box.top, clip.top)];
    const [right, bottom] = [Math.min(box.right, clip.right), Math.min(box.bottom, clip.bottom)];
    return left < right && top < bottom ? { left, top, right, bottom } : null;
  };
  const area = (box) => (box.right - box.left) * (box.bottom - box.top);
  const tidy = (text) => (text ?? '').replace(/\s+/g, ' ').trim();
  const parentOf = (node) => node.assignedSlot ?? node.parentNode ?? node.host ?? null;
  const isWithin = (node, element) => {
    for (let at = node; at; at = parentOf(at)) if (at === element) return true;
    return false;
  };

  /** Whether a click at this point of the element's own document reaches it. */
  const isReached = (element, x, y, view) => {
    let hit = view.document.elementFromPoint(x, y);
    for (let inner; (inner = hit?.shadowRoot?.elementFromPoint(x, y)) && inner !== hit;) hit = inner;
    if (!hit) return false;
    const label = hit.closest('label');
    if (!isWithin(hit, element) && !(label && label.control === element)) return false;
    const { frame, parent } = view;
    return !frame || isReached(frame, view.x + x * view.scale, view.y + y * view.scale, parent);
  };

  /** The visible part whose middle a click would hit; null where there is none. */
  const reachableBox = (element, view, clip) => {
    const whole = element.getBoundingClientRect();
    // A link that goes over two lines: the middle of the whole may lie beside it.
    const parts = [...element.getClientRects()].sort((one, other) => area(other) - area(one));
    for (const part of [whole, ...(parts.length > 1 ? parts : [])]) {
      for (const bounds of [clip, view.bounds]) {
        const box = cut(part, bounds);
        if (box && isReached(element, (box.left + box.right) / 2, (box.top + box.bottom) / 2, view))
          return box;
      }
    }
    return null;
  };

  const add = (acts, tag, text, box, view) => {
    const corners = { ...box };
    for (let at = view; at.frame; at = at.parent)
      for (const [one, other] of [['left', 'top'], ['right', 'bottom']]) {
        corners[one] = at.x + corners[one] * at.scale;
        corners[other] = at.y + corners[other] * at.scale;
      }
    const { left, top, right, bottom } = corners;
    found.push([acts, tag, text.slice(0, LONGEST_TEXT), left, top, right, bottom]);
  };

  /** The words of a control's label, without those of the control itself. */
  const labelOf = (control) => {
    const words = [];
    const gather = (node) => {
      if (node === control) return;
      if (node.nodeType === Node.TEXT_NODE) words.push(node.data);
      node.childNodes.forEach(gather);
    };
    if (control.labels?.[0]) gather(control.labels[0]);
    return tidy(words.join(' '));
  };

  const textOf = (element) => {
    const named = tidy(element.getAttribute('aria-label'));
    const label = labelOf(element);
    const title = tidy(element.getAttribute('title'));
    switch (element.tagName) {
      case 'INPUT':
        if (['button', 'submit', 'reset'].includes(element.type)) return tidy(element.value) || named || title;
        return named || label || tidy(element.placeholder) || title;
      case 'TEXTAREA':
        return named || label || tidy(element.placeholder) || title;
      case 'IMG':
        return tidy(element.alt) || named || title;
      case 'SELECT':
        return tidy([named || label, ...[...element.options].map((option) => option.text)].join(' '));
      default: {
        const picture = element.querySelector('img[alt], svg > title');
        const shown = tidy(element.innerText ?? element.textContent);
        return shown || named || title || tidy(picture?.getAttribute('alt') ?? picture?.textContent);
      }
    }
  };

  const isShown = (element) => element.tagName === 'INPUT'
    ? element.checkVisibility({ visibilityProperty: true })  // a transparent one under a drawn box
    : element.checkVisibility({ visibilityProperty: true, opacityProperty: true });

  const isDrawnByLabel = (control) => {
    const { width, height } = control.getBoundingClientRect();
    return width < 4 || height < 4 || !isShown(control);
  };

  const acts = (element, style, inside) => {
    if (element.tagName === 'LABEL') return Boolean(element.control) && isDrawnByLabel(element.control);
    if (element.tagName === 'IMG' && inside?.tagName === 'A') return !tidy(inside.textContent);
    if (element.matches(ACTS)) {
      const onlyPictures = element.matches('a[href]') && !tidy(element.textContent);
      return !(onlyPictures && element.querySelector('img'));
    }
    if (inside || style.cursor !== 'pointer') return false;
    const parent = parentOf(element);
    return parent?.nodeType !== Node.ELEMENT_NODE || getComputedStyle(parent).cursor !== 'pointer';
  };

  // Text is gathered until a block or an element to act on begins or ends.
  let passage = null;
  const endPassage = () => {
    if (passage) add(false, 'StaticText', tidy(passage.text), passage.box, passage.view);
    passage = null;
  };
  const read = (node, view, clip) => {
    if (!node.data.trim()) {
      if (passage) passage.text += ' ';
      return;
    }
    const range = view.document.createRange();
    range.selectNodeContents(node);
    const box = cut(range.getBoundingClientRect(), clip);
    if (!box || !node.parentElement?.checkVisibility({ visibilityProperty: true, opacityProperty: true })) return;
    passage ??= { text: '', box, view };
    passage.text += node.data;
    passage.box = {
      left: Math.min(passage.box.left, box.left), top: Math.min(passage.box.top, box.top),
      right: Math.max(passage.box.right, box.right), bottom: Math.max(passage.box.bottom, box.bottom),
    };
  };

  const enter = (frame, view, clip) => {
    const document = frame.contentDocument;   // null where the frame is of another origin
    if (!document?.documentElement) return;
    const outer = frame.getBoundingClientRect();
    const style = view.document.defaultView.getComputedStyle(frame);
    const scale = frame.offsetWidth ? outer.width / frame.offsetWidth : 1;
    const x = outer.left + (frame.clientLeft + parseFloat(style.paddingLeft)) * scale;
    const y = outer.top + (frame.clientTop + parseFloat(style.paddingTop)) * scale;
    const seen = cut({ left: x, top: y, right: outer.right, bottom: outer.bottom }, clip);
    if (!seen) return;
    const bounds = {
      left: (seen.left - x) / scale, top: (seen.top - y) / scale,
      right: (seen.right - x) / scale, bottom: (seen.bottom - y) / scale,
    };
    walk(document.documentElement, { document, frame, parent: view, x, y, scale, bounds }, bounds, null);
  };

  /** `clip`: what ancestors let through; `inside`: the nearest ancestor that can be acted on. */
  const walk = (node, view, clip, inside) => {
    if (node.nodeType === Node.TEXT_NODE) {
      if (!inside) read(node, view, clip);
      return;
    }
    if (node.nodeType !== Node.ELEMENT_NODE || SILENT.has(node.tagName)) return;
    const style = view.document.defaultView.getComputedStyle(node);
    if (style.display === 'none') return;
    const breaks = !style.display.startsWith('inline') && style.display !== 'contents';
    const acting = acts(node, style, inside);
    if (breaks || acting) endPassage();
    if (acting && isShown(node)) {
      const box = reachableBox(node, view, clip);
      if (box) add(true, node.tagName.toUpperCase(), textOf(node), box, view);
    }
    let within = style.position === 'fixed' ? view.bounds : clip;
    if (style.overflow !== 'visible' && style.display !== 'inline' && node !== view.document.body) {
      const box = node.getBoundingClientRect();
      within = cut(box, within) ?? { left: 0, top: 0, right: 0, bottom: 0 };
    }
    const nearest = acting || node.matches(ACTS) ? node : inside;
    if (node.tagName === 'IFRAME' || node.tagName === 'FRAME') enter(node, view, within);
    for (const child of childrenOf(node)) walk(child, view, within, nearest);
    if (breaks || acting) endPassage();
  };

  const childrenOf = (element) => {
    if (element.shadowRoot) return element.shadowRoot.childNodes;
    const assigned = element.tagName === 'SLOT' ? element.assignedNodes() : [];
    return assigned.length ? assigned : element.childNodes;
  };

  const bounds = { left: 0, top: 0, right: width, bottom: height };
  if (document.documentElement)
    walk(document.documentElement, { document, frame: null, bounds }, bounds, null);
  endPassage();
  return found;
}
