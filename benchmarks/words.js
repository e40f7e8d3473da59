/* Every word of a page that can be read on the screen, with its box: what an OCR should find. */
() => {
  const words = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode;
    const parent = node.parentElement;
    if (!node.data.trim() || !parent.checkVisibility({ opacityProperty: true, visibilityProperty: true })) {
      continue;
    }
    const style = getComputedStyle(parent);
    const range = document.createRange();
    for (const match of node.data.matchAll(/\S+/g)) {
      range.setStart(node, match.index);
      range.setEnd(node, match.index + match[0].length);
      const rects = range.getClientRects();
      if (rects.length !== 1) continue;
      const r = rects[0];
      if (r.left < 0 || r.top < 0 || r.right > innerWidth || r.bottom > innerHeight) continue;
      if (r.width < 2 || r.height < 5) continue;
      const seen = [r.left + 1, (r.left + r.right) / 2, r.right - 1].every((x) => {
        const hit = document.elementFromPoint(x, (r.top + r.bottom) / 2);
        return hit && (hit === parent || parent.contains(hit) || hit.contains(parent));
      });
      if (!seen) continue;
      let text = match[0];
      if (style.textTransform === 'uppercase') text = text.toUpperCase();
      words.push({ text, font_px: parseFloat(style.fontSize), box: [r.left, r.top, r.right, r.bottom] });
    }
  }
  return words;
}
