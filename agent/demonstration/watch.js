// What a person does to one document, told as it happens: in a world of our own, before any script
// of the page hears of it, and without a say in it. Only what the browser calls trusted counts.
// What is told goes through a binding of that world, as a line of JSON.
(() => {
  if (globalThis.isWatched) return;
  globalThis.isWatched = true;
  const describe = DESCRIBE_FIELD;
  const id = Math.random().toString(36).slice(2);
  const isTop = window === window.top;
  const numbers = new WeakMap();
  let count = 0;
  const numberOf = (node) => {
    if (!numbers.has(node)) numbers.set(node, ++count);
    return numbers.get(node);
  };

  const ACTIONABLE = `a[href], button, input, select, textarea, label, summary, option, area,
    [role=button], [role=link], [role=tab], [role=option], [role=menuitem], [role=checkbox],
    [role=radio], [role=switch], [role=combobox], [onclick], [tabindex], [contenteditable]`;
  const ROLES = { a: 'link', select: 'list', textarea: 'field', option: 'option', summary: 'button' };
  const KINDS = { checkbox: 'checkbox', radio: 'radio button', range: 'slider', file: 'file field' };
  const BUTTONS = ['button', 'submit', 'reset', 'image'];
  const isElement = (node) => node.nodeType === Node.ELEMENT_NODE;
  const elements = (event) => event.composedPath().filter(isElement);

  const roleOf = (node) => {
    if (node.localName === 'input') {
      return KINDS[node.type] ?? (BUTTONS.includes(node.type) ? 'button' : 'field');
    }
    if (node.isContentEditable) return 'field';
    return node.getAttribute('role') ?? ROLES[node.localName] ??
      (node.localName === 'button' ? 'button' : '');
  };
  const nameOf = (node) => {
    const own = node.localName === 'input' && BUTTONS.includes(node.type) ? node.value : '';
    const isField = ['input', 'select', 'textarea'].includes(node.localName) || node.isContentEditable;
    const name = node.getAttribute('aria-label') || own || node.labels?.[0]?.innerText ||
      node.getAttribute('placeholder') || (isField ? '' : node.innerText) ||
      node.getAttribute('alt') || node.getAttribute('title') || '';
    return String(name).replace(/\s+/g, ' ').trim().slice(0, 80).toWellFormed();
  };
  const boxOf = (node) => {
    const { left, top, right, bottom } = node.getBoundingClientRect();
    return [left, top, right, bottom];
  };
  const targetOf = (event) => {
    const path = elements(event);
    const inner = path[0] ?? document.documentElement;
    const node = path.find((each) => each.matches(ACTIONABLE)) ?? inner;
    const select = path.find((each) => each.localName === 'select');
    const option = path.find((each) => each.localName === 'option');
    const rect = inner.getBoundingClientRect();
    const root = inner === document.documentElement || inner === document.body;
    const right = root ? document.documentElement.clientWidth : rect.left + inner.clientLeft + inner.clientWidth;
    const bottom = root ? document.documentElement.clientHeight : rect.top + inner.clientTop + inner.clientHeight;
    const scrolls = root || inner.scrollHeight > inner.clientHeight || inner.scrollWidth > inner.clientWidth;
    return {
      number: numberOf(node),
      role: roleOf(node),
      name: nameOf(node),
      box: boxOf(node),
      select: select ? numberOf(select) : null,
      option: option?.label?.trim() ?? null,
      is_file: path.some((each) => each.localName === 'input' && each.type === 'file') ||
        (node.localName === 'label' && node.control?.type === 'file'),
      is_scrollbar: scrolls && inner.clientWidth > 0 && (event.clientX >= right || event.clientY >= bottom),
    };
  };

  const editable = (event) => {
    let node = elements(event).find((each) =>
      each.isContentEditable || ['input', 'textarea', 'select'].includes(each.localName));
    while (node?.isContentEditable && node.parentElement?.isContentEditable) node = node.parentElement;
    return node ?? (document.designMode === 'on' ? document.body : null);
  };
  const valueOf = (node) => node.isContentEditable ? node.innerText : String(node.value ?? '');
  const hide = (node) => node.style.setProperty('-webkit-text-security', 'disc', 'important');
  const before = new WeakMap();
  const fieldOf = (node) => {
    if (!node) return null;
    const { kind, type, is_hidden, has_lines, is_secret, is_sensitive, is_read_only } = describe(node);
    const value = valueOf(node);
    return {
      number: numberOf(node),
      kind: is_read_only ? 'none' : kind,
      type,
      has_lines,
      is_hidden,
      is_secret: is_secret || is_sensitive,
      value: value.slice(0, 20000).toWellFormed(),
      at_end: (node.selectionEnd ?? value.length) === value.length,
      role: roleOf(node),
      name: nameOf(node),
      box: boxOf(node),
    };
  };

  const keysOf = (event) =>
    ['Alt', 'Control', 'Meta', 'Shift'].filter((name) => event.getModifierState?.(name));
  const tell = (kind, event, more = {}) => {
    if (!event.isTrusted) return;
    const page = isTop ? {
      url: location.href, title: document.title.slice(0, 500).toWellFormed(), scrolled: [scrollX, scrollY],
    } : {};
    const place = event.clientX === undefined ? {} : {
      client: [event.clientX, event.clientY], screen: [event.screenX, event.screenY],
    };
    globalThis.TELL_PERSON(JSON.stringify({
      kind, at_ms: performance.timeOrigin + event.timeStamp, document: id, is_top: isTop,
      modifiers: keysOf(event), ...page, ...place, ...more,
    }));
  };
  const listen = (type, handle) =>
    window.addEventListener(type, (event) => event.isTrusted && handle(event), { capture: true, passive: true });

  // How far everything is scrolled, before it is: a turn of the wheel is told when it has moved what
  // it moves already.
  const places = new WeakMap();
  const placeOf = (node) => node === document
    ? [document.scrollingElement?.scrollLeft ?? 0, document.scrollingElement?.scrollTop ?? 0]
    : [node.scrollLeft, node.scrollTop];
  const note = (event) => {
    for (const node of elements(event)) if (!places.has(node)) places.set(node, placeOf(node));
  };
  places.set(document, placeOf(document));

  // The pointer.
  let over = 0, pressed = false, dragged = false, path = [];
  listen('pointerover', (event) => {
    if (event.pointerType !== 'mouse') return;
    const target = targetOf(event);
    if (target.number === over) return;
    over = target.number;
    note(event);
    tell('over', event, { target });
  });
  listen('pointerdown', (event) => {
    if (!event.isPrimary) return;
    pressed = true;
    dragged = false;
    path = [];
    note(event);
    tell('down', event, {
      button: event.button, target: targetOf(event), field: fieldOf(editable(event)),
      pointer: event.pointerType,
    });
  });
  listen('pointermove', (event) => {
    if (!pressed) return;
    const [x, y] = path.at(-1) ?? [NaN, NaN];
    if (!(Math.hypot(event.screenX - x, event.screenY - y) < 4)) path.push([event.screenX, event.screenY]);
  });
  const release = (event) => {
    if (!pressed) return;
    pressed = false;
    tell('up', event, { button: event.button, path });
  };
  listen('pointerup', release);
  listen('contextmenu', release);  // where the browser shows its own, it keeps the rest to itself
  listen('dragstart', () => { dragged = true; });
  listen('dragend', (event) => { if (dragged) release(event); });
  listen('drop', (event) => {
    if (event.dataTransfer?.files.length) tell('unsaid', event, { text: 'files were dropped on the page' });
  });

  // The wheel, and what it moves.
  listen('wheel', (event) => {
    const unit = event.deltaMode === 1 ? 16 : event.deltaMode === 2 ? innerHeight : 1;
    tell('wheel', event, { delta: [event.deltaX * unit, event.deltaY * unit] });
    setTimeout(() => event.defaultPrevented && tell('handled', event));
  });
  listen('scroll', (event) => {
    const node = event.target;
    const [left, top] = places.get(node) ?? [0, 0];
    const now = placeOf(node);
    places.set(node, now);
    const root = node === document ? document.scrollingElement ?? document.documentElement : node;
    const delta = [now[0] - left, now[1] - top];
    const isEnd = (step, place, room, whole) => step < 0 ? place <= 1 : step > 0 && place + room >= whole - 1;
    tell('scroll', event, {
      delta,
      is_end: isEnd(delta[0], now[0], root.clientWidth, root.scrollWidth) ||
        isEnd(delta[1], now[1], root.clientHeight, root.scrollHeight),
      box: node === document ? [0, 0, innerWidth, innerHeight] : boxOf(root),
    });
  });

  // Keys, and what they write.
  listen('keydown', (event) => {
    if (event.isComposing || ['Process', 'Unidentified', 'Dead', 'Alt', 'AltGraph', 'CapsLock',
      'Control', 'Meta', 'Shift'].includes(event.key)) return;
    const node = editable(event);
    if (node) before.set(node, valueOf(node));
    tell('key', event, { key: event.key, is_repeat: event.repeat, field: fieldOf(node) });
    if (event.ctrlKey || event.metaKey || event.altKey || /^F\d+$/.test(event.key)) {
      setTimeout(() => event.defaultPrevented && tell('handled', event, { key: event.key }));
    }
  });
  listen('keyup', (event) => tell('keyup', event, { key: event.key }));
  listen('beforeinput', (event) => {
    const node = editable(event);
    if (node) before.set(node, valueOf(node));
  });
  listen('input', (event) => {
    const node = editable(event);
    const field = fieldOf(node);
    if (field?.kind === 'list' || node?.type === 'file') return;
    tell('input', event, {
      input_type: event.inputType ?? '', data: event.data ?? null, field, before: before.get(node) ?? null,
    });
    if (node) before.set(node, valueOf(node));
  });
  listen('focusin', (event) => {
    const node = editable(event);
    if (!node) return;
    before.set(node, valueOf(node));
    const { is_secret, is_sensitive } = describe(node);
    if (is_secret || is_sensitive) hide(node);
  });
  listen('change', (event) => {
    const node = event.composedPath()[0];
    if (node.localName === 'select') {
      const labels = [...node.selectedOptions].map((option) => option.label.trim().toWellFormed());
      tell('choice', event, { labels, field: fieldOf(node) });
    } else if (node.localName === 'input' && node.type === 'file') {
      globalThis.chosenFiles = node.files;
      tell('files', event, { count: node.files.length, field: fieldOf(node) });
    }
  });
})();
