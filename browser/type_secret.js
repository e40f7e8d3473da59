// Types a text into one field and nowhere else: at its cursor, in one go, as the browser's own
// editing does, if that very field has the focus of its document. Runs in a world of its own, so
// that the page's scripts see the text only where it is meant to go.
(element, text, clear, typed) => {
  const focused = () => {
    let active = document.activeElement;
    while (active?.shadowRoot?.activeElement) active = active.shadowRoot.activeElement;
    return active;
  };
  const read = (field) => (field.isContentEditable ? field.innerText : String(field.value ?? ''));
  const expectations = (globalThis.vigorlExpected ??= new WeakMap());

  // What came of it: whether the field holds it, and how long that is. A page may set its own
  // separators into a number of a card; a password has to be it to the letter.
  if (typed) {
    const field = element.isConnected ? element : focused();
    if (!field) return { holds: false, length: 0 };
    const { expected, part } = expectations.get(element);
    expectations.delete(element);
    const shown = read(field);
    const bare = (value) => value.replace(/[\s().\/-]/g, '');
    const isSame = (one, other) =>
      one === other || (field.type !== 'password' && bare(one) === bare(other));
    const holds = expected === null ? shown.includes(part) : isSame(shown.trimEnd(), expected.trimEnd());
    return { holds, length: shown.length };
  }

  if (!element.isConnected || element.getRootNode().activeElement !== element) return 'lost';
  if (element.readOnly || element.disabled) return 'read-only';
  element.style.setProperty('-webkit-text-security', 'disc', 'important');
  if (clear) {
    document.execCommand('selectAll');
    document.execCommand('delete');
  }
  const before = read(element).replace(/\n$/, '');
  const { selectionStart: start, selectionEnd: end } = element;
  const expected = Number.isInteger(start) ? before.slice(0, start) + text + before.slice(end) :
    before === '' ? text : null;
  expectations.set(element, { expected, part: text });
  const key = (type) => {
    const event = new KeyboardEvent(type, { key: text.at(-1), bubbles: true, composed: true, cancelable: true });
    element.dispatchEvent(event);
  };
  key('keydown');
  if (element.isConnected && element.getRootNode().activeElement === element) {
    document.execCommand('insertText', false, text);
  }
  key('keyup');
  return 'typed';
}
