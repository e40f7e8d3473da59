// A native select opens a popup that belongs to the window system: it is in no screenshot and hears
// no clicks. `appearance: base-select` makes the page draw the list itself. It also changes how the
// select looks, so it is put on only when the select is about to open, at the size it had, and taken
// off when the list has closed: at rest the page looks as its author left it.
(() => {
  const STYLE = {
    appearance: 'base-select', 'box-sizing': 'border-box', 'min-width': '0', 'min-height': '0',
  };
  const before = new Map();   // opened selects -> their own inline values of what was put on
  const adopted = new WeakSet();

  const isDropdown = (node) =>
    node instanceof HTMLSelectElement && !node.multiple && node.size <= 1 && !node.disabled;

  const letPickerBeDrawn = (root) => {
    if (adopted.has(root)) return;
    const sheet = new CSSStyleSheet();
    sheet.replaceSync('::picker(select) { appearance: base-select !important }');
    root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet];
    adopted.add(root);
  };

  const putOn = (select) => {
    if (before.has(select) || getComputedStyle(select).appearance === 'base-select') return;
    const { width, height } = select.getBoundingClientRect();
    const own = {};
    const worn = { ...STYLE, width: `${width}px`, height: `${height}px` };
    for (const [name, value] of Object.entries(worn)) {
      own[name] = [select.style.getPropertyValue(name), select.style.getPropertyPriority(name)];
      select.style.setProperty(name, value, 'important');
    }
    before.set(select, own);
    letPickerBeDrawn(select.getRootNode());
  };

  const takeOff = () => {
    for (const [select, own] of before) {
      if (select.isConnected && select.matches(':open')) continue;
      for (const [name, [value, priority]] of Object.entries(own)) {
        select.style.setProperty(name, value, priority);
      }
      if (!select.getAttribute('style')) select.removeAttribute('style');
      before.delete(select);
    }
  };

  const opens = (event) =>
    event.type !== 'keydown' || event.key === ' ' || event.key === 'Enter' ||
    (event.altKey && (event.key === 'ArrowDown' || event.key === 'ArrowUp'));

  for (const type of ['pointerdown', 'keydown']) {
    addEventListener(type, (event) => {
      const select = opens(event) && event.composedPath().find(isDropdown);
      if (select) putOn(select);
    }, true);
  }
  for (const type of ['click', 'keyup', 'change', 'focusout']) {
    addEventListener(type, () => before.size && queueMicrotask(takeOff), true);
  }
})();
