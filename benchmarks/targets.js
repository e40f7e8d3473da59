/* The visible targets of a page: name, box, kind, and how often the name is to be read on it.
 *
 * A target counts only where a click on its middle would reach it. Its kind is `text` where its
 * name stands on the screen, `icon` where it has a name (label, title, alternative text, hidden
 * text) but shows none.
 */
() => {
  const CLICKABLE =
    'a[href], button, input:not([type=hidden]), select, textarea, summary, label[for], ' +
    '[role=button], [role=tab], [role=switch], [role=checkbox], [role=menuitem], [onclick]';
  const squeeze = (text) => (text || '').replace(/\s+/g, ' ').trim();
  const shown = (element) => {
    for (let node = element; node && node.nodeType === 1; node = node.parentElement) {
      const style = getComputedStyle(node);
      if (style.visibility === 'hidden' && node === element) return false;
      if (style.display === 'none' || Number(style.opacity) < 0.25) return false;
      if (style.clip === 'rect(0px, 0px, 0px, 0px)' || style.clipPath === 'inset(50%)') return false;
    }
    return true;
  };
  const inView = (rect) =>
    rect.width >= 6 && rect.height >= 6 && rect.left >= 0 && rect.top >= 0 &&
    rect.right <= innerWidth && rect.bottom <= innerHeight;
  const reaches = (element, x, y) => {
    const hit = document.elementFromPoint(x, y);
    return hit !== null && (hit === element || element.contains(hit));
  };
  const textNodes = (root) => {
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    const found = [];
    while (walker.nextNode()) {
      const node = walker.currentNode;
      if (!squeeze(node.data) || !shown(node.parentElement)) continue;
      const range = document.createRange();
      range.selectNodeContents(node);
      const rects = [...range.getClientRects()].filter((rect) => rect.width > 1 && rect.height > 4);
      const fontSize = parseFloat(getComputedStyle(node.parentElement).fontSize);
      if (rects.length === 0 || fontSize < 5) continue;
      if (getComputedStyle(node.parentElement).textIndent.startsWith('-')) continue;
      found.push({ node, rects });
    }
    return found;
  };
  const transformed = (node) => {
    const text = squeeze(node.data);
    const style = getComputedStyle(node.parentElement).textTransform;
    if (style === 'uppercase') return text.toUpperCase();
    if (style === 'lowercase') return text.toLowerCase();
    return text;
  };
  const pageText = squeeze(
    textNodes(document.body)
      .filter(({ rects }) => rects.some((r) => r.bottom > 0 && r.top < innerHeight &&
                                               r.right > 0 && r.left < innerWidth))
      .map(({ node }) => transformed(node)).join(' ')).toLowerCase();
  const occurrences = (name) => {
    const escaped = name.toLowerCase().replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
    return (pageText.match(new RegExp(`(?<!\\w)${escaped}(?!\\w)`, 'g')) || []).length;
  };
  const hiddenName = (element) => {
    const labelled = (element.getAttribute('aria-labelledby') || '').split(/\s+/)
      .map((id) => document.getElementById(id)?.textContent).join(' ');
    const image = element.matches('img, svg') ? element : element.querySelector('img[alt], svg');
    const label = element.id && document.querySelector(`label[for="${CSS.escape(element.id)}"]`);
    return squeeze(element.getAttribute('aria-label')) || squeeze(labelled) ||
      squeeze(element.textContent).replace(/[^\x20-\x7e]/g, '') ||
      squeeze(image?.getAttribute('alt')) || squeeze(image?.querySelector('title')?.textContent) ||
      squeeze(element.getAttribute('title')) ||
      (label ? squeeze(label.textContent || label.getAttribute('aria-label')) : '');
  };
  const targets = [];
  const taken = [];
  for (const element of document.querySelectorAll(CLICKABLE)) {
    if (!shown(element)) continue;
    const rects = [...element.getClientRects()].filter((r) => r.width > 1 && r.height > 1);
    let rect = element.getBoundingClientRect();
    const texts = textNodes(element);
    const graphic = element.querySelector('img, svg');
    if (texts.length === 0 && graphic && !element.matches('button')) {
      const inner = graphic.getBoundingClientRect();
      if (inner.width > rect.width || inner.height > rect.height) rect = inner;
    }
    if (rects.length > 1 && texts.length > 0) continue;
    const clipped = texts.some(({ rects }) => rects.some((r) => {
      const y = (r.top + r.bottom) / 2;
      return !reaches(element, r.left + 1, y) || !reaches(element, r.right - 1, y);
    }));
    if (clipped) continue;
    if (!inView(rect)) continue;
    const x = (rect.left + rect.right) / 2, y = (rect.top + rect.bottom) / 2;
    if (!reaches(element, x, y)) continue;
    let name = texts.map(({ node }) => transformed(node)).join(' ');
    let kind = 'text';
    const written = /[\p{L}\p{N}]/u.test(name) && !/^[\ue000-\uf8ff\s]*$/.test(name);
    if (element.matches('input, textarea')) {
      if (['submit', 'button', 'reset'].includes(element.type)) name = element.value;
      else name = element.value ? '' : element.placeholder || '';
      if (element.matches('[type=range], [type=file], [type=color]')) continue;
    } else if (element.matches('select')) {
      name = element.selectedOptions[0]?.text || '';
    }
    name = squeeze(name);
    if (!(element.matches('input, textarea, select') ? name : written)) {
      kind = 'icon';
      name = squeeze(hiddenName(element));
      const box = Math.max(rect.width, rect.height);
      if (!element.matches('input, textarea, select') && box > 420) continue;
      const painted = graphic || element.matches('img, input, textarea, select') || texts.length ||
        ['::before', '::after'].some((pseudo) => {
          const style = getComputedStyle(element, pseudo);
          return !['none', 'normal', '""'].includes(style.content) || style.maskImage !== 'none';
        }) || getComputedStyle(element).backgroundImage !== 'none' ||
        [...element.querySelectorAll('*')].some((child) => {
          const before = getComputedStyle(child, '::before').content;
          return !['none', 'normal'].includes(before) ||
            getComputedStyle(child).backgroundImage !== 'none' ||
            getComputedStyle(child).maskImage !== 'none';
        });
      if (!painted) continue;
    }
    if (name.length < 2 || name.length > 60) continue;
    const box = [rect.left, rect.top, rect.right, rect.bottom].map((v) => Math.round(v * 10) / 10);
    const same = taken.find((other) => other.name === name &&
      other.element.contains(element));
    if (same) continue;
    taken.push({ element, name });
    targets.push({
      name, ui_type: kind, bbox_xyxy: box, occurrences: occurrences(name),
      role: element.getAttribute('role') || element.type || element.tagName.toLowerCase(),
    });
  }
  return targets;
}
