/* The truth about what a page shows: lines of text with their words, and controls.
 *
 * Only what can be seen counts: inside the viewport and every box that clips, not transparent, and
 * reached by a click on its middle. Boxes are viewport CSS px. Text that CSS generates
 * (`::before { content }`) and frames of other documents are not read.
 */
() => {
  const MIN_OPACITY = 0.25;
  const HUGE_LINES = 400;
  const LINE_GAP_EM = 1.5;   // a wider gap within one flow separates two runs of text
  const round = (x) => Math.round(x * 100) / 100;
  const squeeze = (text) => (text || '').replace(/\s+/g, ' ').trim();
  const VIEW = { left: 0, top: 0, right: innerWidth, bottom: innerHeight };
  const meet = (a, b) => ({
    left: Math.max(a.left, b.left), top: Math.max(a.top, b.top),
    right: Math.min(a.right, b.right), bottom: Math.min(a.bottom, b.bottom),
  });
  const parentOf = (node) => node.assignedSlot || node.parentElement ||
    (node.parentNode instanceof ShadowRoot ? node.parentNode.host : null);

  // What holds for an element and all that stands in it, computed once each.
  const known = new Map();
  const about = (element) => {
    let facts = known.get(element);
    if (facts) return facts;
    const style = getComputedStyle(element);
    const parent = parentOf(element);
    const above = parent ? about(parent) : null;
    const opacity = Number(style.opacity) * (above ? above.opacity : 1);
    const inline = style.display.startsWith('inline') && !/-(block|flex|grid|table)/.test(style.display)
      || style.display === 'contents';
    // What clips it: for positioned elements only boxes that contain them.
    let from = above;
    if (style.position === 'fixed') from = null;
    else if (style.position === 'absolute' && element.offsetParent) from = about(element.offsetParent);
    let clip = from ? from.inner : VIEW;
    let inner = clip;
    let ellipsis = null;
    const root = element === document.documentElement || element === document.body;
    if (!root && !inline && (style.overflowX !== 'visible' || style.overflowY !== 'visible')) {
      const rect = element.getBoundingClientRect();
      const scale = element.offsetWidth ? rect.width / element.offsetWidth : 1;
      const box = {
        left: rect.left + element.clientLeft * scale, top: rect.top + element.clientTop * scale,
        right: 0, bottom: 0,
      };
      box.right = box.left + element.clientWidth * scale;
      box.bottom = box.top + element.clientHeight * scale;
      inner = meet(clip, box);
      if (style.textOverflow === 'ellipsis' && element.scrollWidth > element.clientWidth) {
        ellipsis = inner.right - 0.95 * parseFloat(style.fontSize);
      }
    }
    facts = {
      style, opacity, clip, inner, parent, fontSize: parseFloat(style.fontSize),
      seen: opacity >= MIN_OPACITY && style.visibility === 'visible' && element.checkVisibility(),
      flow: inline && above ? above.flow : element,
      ellipsis: ellipsis !== null ? ellipsis : inline && above ? above.ellipsis : null,
      untouchable: style.pointerEvents === 'none',
    };
    known.set(element, facts);
    return facts;
  };
  const within = (inner, outer) => {
    for (let node = inner; node; node = parentOf(node)) if (node === outer) return true;
    return false;
  };
  const hitAt = (x, y) => {
    let hit = document.elementFromPoint(x, y);
    while (hit && hit.shadowRoot) {
      const deeper = hit.shadowRoot.elementFromPoint(x, y);
      if (!deeper || deeper === hit) break;
      hit = deeper;
    }
    return hit;
  };
  // Whether a click there reaches a control: itself, a part of it, or what it stands in.
  const reached = (element, x, y) => {
    const hit = hitAt(x, y);
    return hit !== null && (within(hit, element) || within(element, hit));
  };
  const hides = (element) => {
    if (about(element).opacity < MIN_OPACITY) return false;
    if (element.matches('img, svg, video, canvas, iframe, input, select, textarea')) return true;
    const { backgroundColor, backgroundImage } = about(element).style;
    return backgroundImage !== 'none' || !/rgba\(.*, 0(\.[0-2]\d*)?\)$/.test(backgroundColor);
  };
  // Whether text of an element can be seen there: nothing that hides it lies over it, though a
  // link stretched over a whole card, or a transparent toggle, may.
  const seenAt = (element, x, y) => {
    const hit = hitAt(x, y);
    if (hit === null || within(element, hit)) return hit !== null;
    for (const other of element.getRootNode().elementsFromPoint(x, y)) {
      if (within(element, other)) return true;
      if (hides(other)) return false;
    }
    return false;
  };
  const holds = (clip, rect) =>
    rect.left >= clip.left - 1 && rect.right <= clip.right + 1 &&
    rect.top >= clip.top - 2 && rect.bottom <= clip.bottom + 2;

  // Every root: the document and open shadow trees.
  const roots = [document.body];
  for (let i = 0; i < roots.length; i++) {
    for (const element of roots[i].querySelectorAll('*')) {
      if (element.shadowRoot) roots.push(element.shadowRoot);
    }
  }

  // --- text ------------------------------------------------------------------------------------
  const lines = [];         // { flow, element, fontSize, words: [{ text, edges, top, bottom }] }
  const newest = new Map(); // flow -> its last line
  const put = (facts, element, word, spaced) => {
    const line = newest.get(facts.flow);
    if (line) {
      const last = line.words[line.words.length - 1];
      const height = Math.min(word.bottom - word.top, last.bottom - last.top);
      const shared = Math.min(word.bottom, last.bottom) - Math.max(word.top, last.top);
      const gap = word.edges[0] - last.edges[last.edges.length - 1];
      if (shared > height / 2 && gap > -2 && gap < LINE_GAP_EM * facts.fontSize) {
        if (!spaced && Math.abs(gap) < 1.5) {   // one word across two elements: <b>re</b>do
          last.text += word.text;
          last.edges.push(...word.edges.slice(1));
          last.top = Math.min(last.top, word.top);
          last.bottom = Math.max(last.bottom, word.bottom);
        } else {
          line.words.push(word);
        }
        return;
      }
    }
    const fresh = { element, source: 'text', cut: false, words: [word] };
    newest.set(facts.flow, fresh);
    lines.push(fresh);
  };
  const cased = (text, style, starts) => {
    switch (style.textTransform) {
      case 'uppercase': return text.toUpperCase();
      case 'lowercase': return text.toLowerCase();
      case 'capitalize': return starts ? text.charAt(0).toUpperCase() + text.slice(1) : text;
      default: return text;
    }
  };
  const range = document.createRange();
  const SKIP = new Set(['SCRIPT', 'STYLE', 'NOSCRIPT', 'TEXTAREA', 'OPTION', 'TITLE', 'DESC',
    'title', 'desc', 'style', 'script', 'TEMPLATE', 'OPTGROUP', 'IFRAME', 'CANVAS', 'VIDEO']);
  const RIGHT_TO_LEFT = /[\u0590-\u08ff]/;
  const canvas = new OffscreenCanvas(1, 1).getContext('2d');
  const fonts = new Map();   // font -> widths of single characters
  let inUse = '', advances = null;
  const useFont = (facts) => {
    if (facts.font === undefined) {
      const { fontStyle, fontWeight, fontSize, fontFamily, letterSpacing } = facts.style;
      facts.letterSpacing = letterSpacing === 'normal' ? '0px' : letterSpacing;
      facts.font = `${fontStyle} ${fontWeight} ${fontSize} ${fontFamily}`;
      facts.fontKey = facts.font + facts.letterSpacing;
    }
    if (facts.fontKey === inUse) return;
    inUse = facts.fontKey;
    canvas.font = facts.font;
    canvas.letterSpacing = facts.letterSpacing;
    advances = fonts.get(inUse);
    if (!advances) fonts.set(inUse, advances = new Map());
  };
  const advance = (char) => {
    let width = advances.get(char);
    if (width === undefined) advances.set(char, width = canvas.measureText(char).width);
    return width;
  };
  // The edges of a word's characters, measured with a canvas: several times faster than asking the
  // layout for each. Only where the whole word comes out as long as it is.
  const measured = (facts, element, word, rect, starts) => {
    const text = cased(word, facts.style, starts);
    useFont(facts);
    const width = canvas.measureText(text).width;
    if (Math.abs(width - rect.width) > 0.3 + 0.01 * rect.width) return null;
    const edges = [];
    let prefix = '';
    for (const char of text) {
      // A character begins where it would end without itself: kerning belongs to the one before.
      prefix += char;
      const start = canvas.measureText(prefix).width - advance(char);
      edges.push(Math.max(edges.at(-1) ?? rect.left, rect.left + start * rect.width / width));
    }
    edges[0] = rect.left;
    edges.push(rect.right);
    return [{ text, edges, top: rect.top, bottom: rect.bottom, element }];
  };
  // The same, exactly, by asking for every character; also where a word is broken over lines.
  const lettered = (node, start, word, facts, element, masked, starts) => {
    let fragment = null;
    let offset = start;
    const fragments = [];
    for (const char of word) {
      range.setStart(node, offset);
      range.setEnd(node, offset + char.length);
      const rect = range.getBoundingClientRect();
      const shown = masked ? '•' : cased(char, facts.style, offset === start && starts);
      offset += char.length;
      if (rect.width === 0 && fragment) {     // a combining mark, or the rest of a ligature
        fragment.text += shown;
        for (let k = 0; k < [...shown].length; k++) fragment.edges.push(fragment.edges.at(-1));
        continue;
      }
      if (!fragment || Math.abs(rect.top - fragment.top) > rect.height / 2) {
        fragment = { text: '', edges: [rect.left], top: rect.top, bottom: rect.bottom, element };
        fragments.push(fragment);
      }
      const parts = [...shown].length;
      for (let k = 1; k <= parts; k++) fragment.edges.push(rect.left + rect.width * k / parts);
      fragment.text += shown;
    }
    return fragments;
  };
  const readText = (node) => {
    const parent = parentOf(node);
    if (!parent || SKIP.has(parent.nodeName)) return;
    const facts = about(parent);
    if (!facts.seen || facts.fontSize < 4) return;
    const style = facts.style;
    const ink = style.webkitTextFillColor || style.color;
    if (/, 0\)$/.test(ink) && ink.startsWith('rgba') && style.backgroundClip !== 'text') return;
    range.selectNodeContents(node);
    const whole = range.getBoundingClientRect();
    const clip = facts.inner;
    if (whole.width < 1 || whole.bottom <= clip.top || whole.top >= clip.bottom ||
        whole.right <= clip.left || whole.left >= clip.right) return;
    const masked = style.webkitTextSecurity && style.webkitTextSecurity !== 'none';
    const data = node.data;
    let spaced = /^\s/.test(data) || !node.previousSibling;
    if (!spaced) {
      const before = node.previousSibling.textContent;
      spaced = !before || /\s$/.test(before);
    }
    let end = 0;
    for (const match of data.matchAll(/\S+/g)) {
      if (match.index > end) spaced = true;
      end = match.index + match[0].length;
      if (RIGHT_TO_LEFT.test(match[0])) { spaced = true; continue; }
      range.setStart(node, match.index);
      range.setEnd(node, end);
      const rects = range.getClientRects();
      if (rects.length === 0) continue;
      const all = rects.length === 1 ? rects[0] : range.getBoundingClientRect();
      if (all.bottom <= clip.top || all.top >= clip.bottom || all.right <= clip.left ||
          all.left >= clip.right || all.width < 0.5) { spaced = true; continue; }
      const fragments = (rects.length === 1 && !masked && measured(facts, parent, match[0], all, spaced)) ||
        lettered(node, match.index, match[0], facts, parent, masked, spaced);
      for (const piece of fragments) {
        const box = { left: piece.edges[0], right: piece.edges.at(-1), ...piece };
        const cut = !holds(clip, box) || facts.ellipsis !== null && box.right > facts.ellipsis + 1;
        if (cut) {
          const line = newest.get(facts.flow);
          if (line) line.cut = true;
          spaced = true;
          continue;
        }
        put(facts, parent, piece, spaced);
        spaced = false;
      }
      spaced = false;
    }
  };
  for (const root of roots) {
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const node = walker.currentNode;
      if (node.data.length > 0 && /\S/.test(node.data)) readText(node);
    }
  }

  // Text in fields is in no text node: it is laid out again, with a canvas or a mirror.
  const readField = (field) => {
    const facts = about(field);
    if (!facts.seen) return;
    const select = field instanceof HTMLSelectElement;
    if (select && (field.multiple || field.size > 1)) return;
    let text = select ? field.selectedOptions[0]?.label || '' : field.value;
    let source = select ? 'option' : 'value';
    const button = !select && /^(submit|button|reset)$/.test(field.type);
    if (field instanceof HTMLInputElement && !button &&
        !/^(text|search|email|tel|url|number|password|date|time|month|week|datetime-local)$/.test(field.type)) return;
    if (button) source = 'text';
    if (!text && !select) { text = field.placeholder || ''; source = 'placeholder'; }
    else if (field.type === 'password') return;
    if (/^(date|time|month|week|datetime-local)$/.test(field.type)) return;
    if (!text.trim()) return;
    const style = facts.style;
    if (/, 0\)$/.test(style.color) && style.color.startsWith('rgba')) return;
    const rect = field.getBoundingClientRect();
    const number = (value) => parseFloat(value) || 0;
    const inner = {
      left: rect.left + field.clientLeft + number(style.paddingLeft),
      right: rect.left + field.clientLeft + field.clientWidth - number(style.paddingRight),
      top: rect.top + field.clientTop, bottom: rect.top + field.clientTop + field.clientHeight,
    };
    if (select && style.appearance !== 'none') { inner.left += 4; inner.right -= 4; }
    const clip = meet(facts.clip, meet(inner, VIEW));
    if (field instanceof HTMLTextAreaElement) { readArea(field, facts, text, source, clip); return; }
    useFont(facts);
    text = squeeze(text);
    if (button || select) text = cased(text, style, true);
    else if (source === 'placeholder') text = cased(text, style, true);
    const metrics = canvas.measureText(text);
    const ascent = metrics.fontBoundingBoxAscent, descent = metrics.fontBoundingBoxDescent;
    let start = inner.left - (select ? 0 : field.scrollLeft);
    if (style.textAlign === 'center') start = (inner.left + inner.right - metrics.width) / 2;
    else if (style.textAlign === 'right' || style.textAlign === 'end') start = inner.right - metrics.width;
    const middle = (inner.top + number(style.paddingTop) + inner.bottom - number(style.paddingBottom)) / 2;
    const line = { element: field, source, cut: false, words: [] };
    for (const match of text.matchAll(/\S+/g)) {
      const edges = [];
      let offset = match.index;
      for (const char of match[0]) {
        edges.push(start + canvas.measureText(text.slice(0, offset)).width);
        offset += char.length;
      }
      edges.push(start + canvas.measureText(text.slice(0, offset)).width);
      const word = {
        text: match[0], edges, top: middle - (ascent + descent) / 2, bottom: middle + (ascent + descent) / 2,
      };
      if (!holds(clip, { left: edges[0], right: edges.at(-1), top: middle, bottom: middle })) {
        line.cut = true;
        continue;
      }
      line.words.push(word);
    }
    if (line.words.length) lines.push(line);
  };
  const COPIED = ['font', 'letterSpacing', 'wordSpacing', 'lineHeight', 'textAlign', 'textIndent',
    'padding', 'border', 'boxSizing', 'direction', 'tabSize', 'wordBreak'];
  const readArea = (field, facts, text, source, clip) => {
    const rect = field.getBoundingClientRect();
    const mirror = document.createElement('div');
    for (const name of COPIED) mirror.style[name] = facts.style[name];
    Object.assign(mirror.style, {
      position: 'fixed', left: `${rect.left}px`, top: `${rect.top - field.scrollTop}px`,
      width: facts.style.width, whiteSpace: 'pre-wrap', overflowWrap: 'break-word',
      visibility: 'hidden', margin: '0', zIndex: '-1', transform: 'none',
    });
    mirror.textContent = text;
    document.body.append(mirror);
    const node = mirror.firstChild;
    let line = null;
    for (const match of text.matchAll(/\S+/g)) {
      const edges = [];
      let offset = match.index, box = null;
      for (const char of match[0]) {
        range.setStart(node, offset);
        range.setEnd(node, offset + char.length);
        offset += char.length;
        const at = range.getBoundingClientRect();
        if (!edges.length) { edges.push(at.left); box = at; }
        edges.push(at.right);
      }
      const word = { text: match[0], edges, top: box.top, bottom: box.bottom };
      const whole = { left: edges[0], right: edges.at(-1), top: box.top, bottom: box.bottom };
      if (whole.right < whole.left || !holds(clip, whole)) continue;
      if (line && Math.abs(line.words[0].top - word.top) < 2) line.words.push(word);
      else { line = { element: field, source, cut: false, words: [word] }; lines.push(line); }
    }
    mirror.remove();
  };
  for (const root of roots) {
    for (const field of root.querySelectorAll('input, textarea, select')) readField(field);
  }

  const boxOf = (words) => [
    words[0].edges[0], Math.min(...words.map((word) => word.top)),
    words.at(-1).edges.at(-1), Math.max(...words.map((word) => word.bottom)),
  ];
  const midOf = (word) => [(word.edges[0] + word.edges.at(-1)) / 2, (word.top + word.bottom) / 2];
  // A hit test costs as much as the page is large: on huge ones it is only asked for where
  // something that may lie over others does.
  const raised = () => [...document.body.querySelectorAll('*')]
    .filter((element) => {
      const { style } = about(element);
      return style.position !== 'static' || style.transform !== 'none' || style.float !== 'none' ||
        /-/.test(style.margin);
    })
    .map((element) => [element, element.getBoundingClientRect()]);
  const raisers = lines.length > HUGE_LINES ? raised() : null;
  const maybeUnder = (element, x, y) => raisers === null || raisers.some(([other, r]) =>
    x >= r.left && x <= r.right && y >= r.top && y <= r.bottom && !within(element, other));
  const uncovered = ({ element, words }) => {
    const sees = (word) => {
      const target = word.element || element, [x, y] = midOf(word);
      return !maybeUnder(target, x, y) || seenAt(target, x, y);
    };
    const probes = new Set([words[0], words[words.length >> 1], words.at(-1)]);
    return [...probes].every(sees) ? words : words.filter(sees);
  };
  const shownLines = [];
  for (const line of lines) {
    const words = uncovered(line);
    if (words.length === 0) continue;
    shownLines.push([
      boxOf(words).map(round), line.source, line.cut || words.length < line.words.length,
      words.map((word) => [word.text, round(word.top), round(word.bottom), word.edges.map(round)]),
    ]);
  }

  // --- controls --------------------------------------------------------------------------------
  const CONTROLS = 'a[href], button, input:not([type=hidden]), select, textarea, summary, ' +
    '[role], [onclick], [contenteditable=true], img, svg';
  const PASSIVE = new Set(['presentation', 'none', 'main', 'navigation', 'banner', 'contentinfo',
    'complementary', 'region', 'form', 'search', 'group', 'list', 'listitem', 'table', 'row',
    'rowgroup', 'cell', 'columnheader', 'rowheader', 'grid', 'tablist', 'tabpanel', 'menu', 'menubar',
    'toolbar', 'tree', 'listbox', 'radiogroup', 'dialog', 'alertdialog', 'alert', 'status', 'log',
    'document', 'article', 'application', 'heading', 'separator', 'tooltip', 'note', 'figure',
    'feed', 'term', 'definition', 'timer', 'marquee', 'math', 'directory', 'generic']);
  const INPUT_ROLES = {
    checkbox: 'checkbox', radio: 'radio', range: 'slider', search: 'searchbox', submit: 'button',
    button: 'button', reset: 'button', image: 'button', file: 'button', color: 'button',
  };
  const roleOf = (element) => {
    const given = element.getAttribute('role');
    if (given) return PASSIVE.has(given) ? '' : given.startsWith('menuitem') ? 'menuitem' : given;
    switch (element.nodeName.toLowerCase()) {
      case 'a': return 'link';
      case 'input': return element.list ? 'combobox' : INPUT_ROLES[element.type] || 'textbox';
      case 'select': return element.multiple || element.size > 1 ? 'listbox' : 'combobox';
      case 'textarea': return 'textbox';
      case 'img': return 'img';
      case 'svg': return 'icon';
      default: return element.isContentEditable ? 'textbox' : 'button';
    }
  };
  const hiddenIcon = (element) => {
    const graphic = element.matches('svg, img, [data-icon]') ? element
      : element.querySelector('[data-icon], svg, img');
    if (!graphic) return '';
    const inner = graphic.hasAttribute('data-icon') ? graphic : graphic.querySelector('[data-icon]');
    const use = graphic.querySelector('use');
    return inner?.getAttribute('data-icon') ||
      (use?.getAttribute('href') || use?.getAttribute('xlink:href') || '').replace(/^.*#(icon-)?/, '') ||
      squeeze(graphic.querySelector('title')?.textContent) ||
      graphic.getAttribute('aria-label') || graphic.getAttribute('alt') || '';
  };
  const visibleText = (element) => squeeze(element.innerText !== undefined ? element.innerText : '');
  const nameOf = (element, role) => {
    const root = element.getRootNode();
    const labelled = (element.getAttribute('aria-labelledby') || '').split(/\s+/).filter(Boolean)
      .map((id) => root.getElementById(id)?.textContent || '').join(' ');
    if (squeeze(labelled)) return squeeze(labelled);
    if (squeeze(element.getAttribute('aria-label'))) return squeeze(element.getAttribute('aria-label'));
    if (element.labels?.length) {
      const text = squeeze([...element.labels].map((label) => {
        let words = visibleText(label);
        if (label.contains(element) && element.matches('select')) words = words.replace(visibleText(element), '');
        return words;
      }).join(' '));
      if (text) return text;
    }
    if (element.matches('input[type=submit], input[type=button], input[type=reset]')) return element.value;
    if (element.matches('img')) return squeeze(element.alt || element.title);
    if (element.matches('svg')) {
      return squeeze(element.querySelector('title')?.textContent) || hiddenIcon(element);
    }
    if (!element.matches('input, select, textarea')) {
      const text = visibleText(element);
      if (text) return text;
      const image = element.querySelector('img[alt], svg[aria-label], [aria-label]');
      const drawn = squeeze(image?.getAttribute('alt') || image?.getAttribute('aria-label') ||
        element.querySelector('svg title')?.textContent);
      if (drawn) return drawn;
    }
    return squeeze(element.getAttribute('title') || element.getAttribute('placeholder')) ||
      (role === 'textbox' || role === 'searchbox' ? '' : squeeze(element.textContent));
  };
  const stateOf = (element) => {
    if (element.matches('input[type=checkbox], input[type=radio]')) return element.checked;
    for (const name of ['aria-checked', 'aria-selected', 'aria-pressed']) {
      if (element.hasAttribute(name)) return element.getAttribute(name) === 'true';
    }
    return null;
  };
  const valueOf = (element) => {
    if (element.matches('select')) return element.selectedOptions[0]?.label || '';
    if (element.matches('input, textarea')) {
      if (/^(checkbox|radio|submit|button|reset|image|file)$/.test(element.type)) return '';
      return element.type === 'password' ? '•'.repeat(element.value.length) : element.value;
    }
    const number = element.getAttribute('aria-valuetext') || element.getAttribute('aria-valuenow');
    return number || (element.isContentEditable ? visibleText(element) : '');
  };
  const boxToPoint = (element) => {
    if (element.matches('input[type=checkbox], input[type=radio]')) {
      const own = element.getBoundingClientRect();
      if (Math.min(own.width, own.height) >= 8) return [element, own];
      // The real one is hidden; what is drawn in its place stands in or beside its label.
      const label = element.labels?.[0];
      const drawn = [element.nextElementSibling, label?.firstElementChild, label?.lastElementChild]
        .filter((other) => other && other !== element)
        .map((other) => [other, other.getBoundingClientRect()])
        .find(([, r]) => Math.min(r.width, r.height) >= 8 && Math.max(r.width, r.height) <= 72);
      return drawn || [element, own];
    }
    const rects = [...element.getClientRects()].filter((r) => r.width > 1 && r.height > 1);
    if (rects.length < 2) return [element, element.getBoundingClientRect()];
    return [element, rects.reduce((a, b) => (a.width * a.height >= b.width * b.height ? a : b))];
  };
  const controls = [];
  const taken = new Set();
  for (const root of roots) {
    for (const element of root.querySelectorAll(CONTROLS)) {
      const role = roleOf(element);
      if (!role) continue;
      const graphic = role === 'img' || role === 'icon';
      if (graphic) {
        let inside = false;
        for (let node = parentOf(element); node && !inside; node = parentOf(node)) inside = taken.has(node);
        if (inside) continue;
      }
      let [target, rect] = boxToPoint(element);
      if (rect.width < 4 || rect.height < 4) continue;
      const facts = about(target);
      const toggle = element.matches('input[type=checkbox], input[type=radio]');
      // A transparent native toggle lies over the drawn one: it is what a click must reach.
      if (!facts.seen && !(toggle && facts.style.visibility === 'visible' && element.checkVisibility())) continue;
      if (rect.width * rect.height < 1 || graphic && rect.width > 0.98 * innerWidth) continue;
      // A link round a picture is as large as the picture.
      const picture = target === element && facts.flow !== element && element.querySelector('img, svg');
      if (picture && !visibleText(element)) {
        const larger = picture.getBoundingClientRect();
        if (larger.height > rect.height) rect = larger;
      }
      const shown = meet(facts.clip, meet(rect, VIEW));
      const width = shown.right - shown.left, height = shown.bottom - shown.top;
      if (width <= 2 || height <= 2 || width * height < 0.5 * rect.width * rect.height) continue;
      if (!reached(target, (shown.left + shown.right) / 2, (shown.top + shown.bottom) / 2)) {
        const drawn = facts.untouchable && role === 'icon';
        if (!drawn) continue;
      }
      if (!graphic) taken.add(element);
      controls.push([
        role, nameOf(element, role).slice(0, 200), [shown.left, shown.top, shown.right, shown.bottom].map(round),
        hiddenIcon(element), stateOf(element), valueOf(element).slice(0, 200),
        element.matches(':disabled, [aria-disabled=true]'),
      ]);
    }
  }
  return {
    width: innerWidth, height: innerHeight, scale: devicePixelRatio, title: document.title,
    lines: shownLines, controls,
  };
}
