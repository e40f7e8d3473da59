// Covers texts in the rendering of one document: what stands in fields as dots, other text by a
// highlight that is painted over it. Values, layout and selection stay as they are. Runs in a world
// of its own, where no page sees the texts or changes what a function means; from the first time on
// also whenever the page puts one of them somewhere, before that is drawn.
//
// found: nodes of this session that hold one of them, in closed shadow roots too; those of other
// documents are left alone. Returns how much was covered that was not covered before.
(texts, ...found) => {
  const NAME = 'vigorl-masked';
  const MOST_TEXT = 4_000_000, MOST_TEXT_OF_A_CHANGE = 20_000;
  const HOSTS = ['input', 'textarea', 'select', 'img', 'button', 'option'];
  const STYLE = `::highlight(${NAME}) { color: transparent !important;
    -webkit-text-fill-color: transparent !important; -webkit-text-stroke-color: transparent !important;
    fill: transparent !important; stroke: transparent !important; text-shadow: none !important;
    text-decoration: none !important; background-color: #777 !important; }`;
  const state = (globalThis.vigorlMask ??= {
    ranges: new Map(), closed: new Set(), watched: new WeakSet(), observer: null, sheet: null, style: '',
  });
  // A word alone is the word of headings and labels too, which begin with a capital.
  const words = texts.filter((text) => /^\p{L}+$/u.test(text));
  const others = texts.filter((text) => !words.includes(text)).map((text) => text.toLowerCase());
  // Between its words any space may stand, lines may break, and none need be where it was.
  const pattern = (text) => text.split(/\s+/).map((part) => part.replace(/[^\p{L}\d]/gu, '\\$&')).join('\\s+');
  const patterns = [...words.map((each) => [false, pattern(each)]),
    ...others.map((each) => [true, pattern(each)])];
  const holds = (text) => {
    const whole = text ?? '', lower = whole.toLowerCase();
    return patterns.some(([any, each]) => new RegExp(each).test(any ? lower : whole));
  };

  // The node and offset at a place in the joint text of nodes, which begin at these places.
  const place = (nodes, at, isEnd) => {
    let low = 0, high = nodes.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (nodes[middle][0] < at || (!isEnd && nodes[middle][0] === at)) low = middle;
      else high = middle - 1;
    }
    const [start, node] = nodes[low];
    return [node, Math.min(at - start, node.length)];
  };
  const between = (nodes, start, end) => {
    const [startContainer, startOffset] = place(nodes, start, false);
    const [endContainer, endOffset] = place(nodes, end, true);
    return new StaticRange({ startContainer, startOffset, endContainer, endOffset });
  };

  const sweep = () => {
    const ranges = [], hints = new Set(), roots = new Set();
    let fresh = 0;
    const cover = (element) => {
      if (element.style.getPropertyValue('-webkit-text-security') !== 'disc') fresh += 1;
      element.style.setProperty('-webkit-text-security', 'disc', 'important');
    };
    const hide = (drawing) => {
      for (const each of [drawing, ...drawing.querySelectorAll('*')]) {
        if (each.style.getPropertyValue('fill') !== 'transparent') fresh += 1;
        for (const name of ['fill', 'stroke']) each.style.setProperty(name, 'transparent', 'important');
      }
    };
    // What is selected is drawn above every highlight, and a shadow beside it.
    const still = (nodes, start, end) => {
      for (const [at, node] of nodes) {
        if (at >= end) break;
        const holder = at + node.length > start ? node.parentElement : null;
        if (!holder?.style) continue;
        for (const [name, value] of [['user-select', 'none'], ['text-shadow', 'none']]) {
          if (holder.style.getPropertyValue(name) !== value) fresh += 1;
          holder.style.setProperty(name, value, 'important');
        }
      }
    };
    // The text of a document or shadow root as one, so that one that several nodes share is found.
    const search = (root) => {
      if (roots.has(root)) return;
      roots.add(root);
      const nodes = [];
      let length = 0, whole = '', lower = '';
      const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT);
      for (let node = walker.nextNode(); node; node = walker.nextNode()) {
        if (node.nodeType === Node.TEXT_NODE) {
          const holder = node.parentNode?.localName;
          if (holder === 'script' || holder === 'style' || length > MOST_TEXT) continue;
          nodes.push([length, node]);
          whole += node.data;
          length = whole.length;
          lower += node.data.toLowerCase();
          if (lower.length !== length) lower = lower.slice(0, length).padEnd(length);  // by capitals
          continue;
        }
        if (node.shadowRoot) search(node.shadowRoot);
        const name = node.localName;
        if (name === 'input' || name === 'textarea') {
          if (holds(node.value)) cover(node);
          if (holds(node.placeholder)) hints.add(node.placeholder);
        } else if (name === 'select') {
          if ([...node.options].some((option) => holds(option.label))) cover(node);
        } else if (name === 'img') {
          if (holds(node.alt)) cover(node);
        }
      }
      for (const [any, text] of patterns) {
        const seek = new RegExp(text, 'g'), all = any ? lower : whole;
        for (let found = seek.exec(all); found; found = seek.exec(all)) {
          seek.lastIndex = found.index + 1;
          const range = between(nodes, found.index, found.index + found[0].length);
          ranges.push(range);
          still(nodes, found.index, found.index + found[0].length);
          const drawing = range.startContainer.parentElement?.closest?.('svg text');
          if (drawing) hide(drawing);  // whose letters no highlight covers
        }
      }
    };
    search(document);
    for (const host of state.closed) {
      if (!host.isConnected) state.closed.delete(host);
      else if (host instanceof ShadowRoot) search(host);
      else cover(host);  // a field's own insides: its text is the browser's
    }

    const known = state.ranges;
    state.ranges = new Map();
    for (const { startContainer, startOffset } of ranges) {
      const offsets = state.ranges.get(startContainer) ?? [];
      offsets.push(startOffset);
      state.ranges.set(startContainer, offsets);
      if (!known.get(startContainer)?.includes(startOffset)) fresh += 1;
    }
    if (ranges.length > 0 || hints.size > 0) {
      const clear = [...hints].map((hint) => `[placeholder="${CSS.escape(hint)}"]::placeholder
        { -webkit-text-fill-color: transparent !important }`);
      const style = [STYLE, ...clear].join('');
      state.sheet ??= new CSSStyleSheet();
      if (state.style !== style) { state.sheet.replaceSync(style); fresh += clear.length; }
      state.style = style;
      const highlight = new Highlight(...ranges);
      highlight.priority = 2 ** 30;
      CSS.highlights.set(NAME, highlight);
      for (const root of roots) {
        if (!root.adoptedStyleSheets.includes(state.sheet)) root.adoptedStyleSheets.push(state.sheet);
      }
    } else CSS.highlights.delete(NAME);
    for (const root of roots) {
      if (state.watched.has(root)) continue;
      state.watched.add(root);
      state.observer.observe(root, { subtree: true, childList: true, characterData: true });
    }
    return fresh;
  };

  const mayShow = ({ target, addedNodes }) => {
    const text = (target.nodeType === Node.TEXT_NODE ? target.parentNode ?? target : target).textContent;
    return text.length > MOST_TEXT_OF_A_CHANGE ?
      [target, ...addedNodes].some((node) => node.nodeType !== target.nodeType || holds(node.textContent)) :
      holds(text);
  };
  state.judge = (records) => { if (records.some(mayShow)) sweep(); };
  state.observer ??= new MutationObserver((records) => state.judge(records));

  for (const node of found) {
    if (node.ownerDocument !== document || !node.isConnected) continue;
    const root = node.getRootNode();
    if (root instanceof ShadowRoot) state.closed.add(HOSTS.includes(root.host.localName) ? root.host : root);
    else if (node.localName === 'option') state.closed.add(node.closest('select') ?? node);
  }
  return sweep();
}
