// One clipboard belongs to the whole browser process, so no page may reach it. What pages copy and
// read by script is kept elsewhere, for their episode alone; what a person copies and pastes by keys
// is carried over around that key (`clipboard.py`). A page that takes these functions apart reaches
// nothing but its own episode's clipboard: the browser's own refuses every page.
((NAME) => {
  const tell = globalThis[NAME];
  if (!tell) return;
  delete globalThis[NAME];
  const { Promise, Reflect, Uint8Array, Blob, DOMException, JSON, Object, String } = globalThis;
  const call = Reflect.apply;
  const refused = () => new DOMException('Read permission denied.', 'NotAllowedError');
  const item = globalThis.ClipboardItem;

  const encoded = async (blob) => {
    const bytes = new Uint8Array(await blob.arrayBuffer());
    let text = '';
    for (let at = 0; at < bytes.length; at += 8192) {
      text += String.fromCharCode(...bytes.subarray(at, at + 8192));
    }
    return btoa(text);
  };
  const decoded = (data, type) => new Blob([Uint8Array.from(atob(data), (c) => c.charCodeAt(0))], { type });
  const keep = async (parts) => {
    const kept = {};
    for (const type of Object.keys(parts)) {
      const part = await parts[type];
      kept[type] = await encoded(part instanceof Blob ? part : new Blob([String(part)]));
    }
    await tell('write', kept);
  };

  const replace = (owner, name, replacement) => {
    if (typeof owner?.[name] !== 'function') return;
    Object.defineProperty(replacement, 'name', { value: name, configurable: true });
    owner[name] = replacement;
  };

  const clipboard = globalThis.Clipboard?.prototype;
  replace(clipboard, 'writeText', async function (text) { await keep({ 'text/plain': String(text) }); });
  replace(clipboard, 'write', async function (items) {
    const parts = {};
    for (const each of items) for (const type of each.types) parts[type] = await each.getType(type);
    await keep(parts);
  });
  const read = async () => {
    const policy = document.featurePolicy;
    if (policy?.features().includes('clipboard-read') && !policy.allowsFeature('clipboard-read')) {
      throw refused();
    }
    const kept = await tell('read', {});
    if (!kept) throw refused();
    return kept;
  };
  replace(clipboard, 'readText', async function () {
    const kept = await read();
    return kept['text/plain'] ? decoded(kept['text/plain'], 'text/plain').text() : '';
  });
  replace(clipboard, 'read', async function () {
    const kept = await read();
    const parts = {};
    for (const type of Object.keys(kept)) parts[type] = decoded(kept[type], type);
    return Object.keys(parts).length ? [new item(parts)] : [];
  });

  const execute = globalThis.Document?.prototype.execCommand;
  const selected = (target) => {
    const kinds = ['', 'text', 'search', 'url', 'tel', 'number', 'email'];
    const isField = target?.tagName === 'TEXTAREA' ||
      (target?.tagName === 'INPUT' && kinds.includes(target.type ?? ''));
    if (isField) {
      const text = String(target.value).slice(target.selectionStart ?? 0, target.selectionEnd ?? 0);
      return text ? { 'text/plain': text } : null;
    }
    const selection = (target?.ownerDocument ?? document).getSelection();
    const text = String(selection ?? '');
    if (!text) return null;
    const box = document.createElement('div');
    for (let at = 0; at < selection.rangeCount; at++) box.append(selection.getRangeAt(at).cloneContents());
    return { 'text/plain': text, 'text/html': box.innerHTML };
  };
  // As the browser does it: the page is asked first, and may put something of its own in its place.
  const transfer = (owner, kind) => {
    let target = owner.activeElement ?? owner.body;
    while (target?.shadowRoot?.activeElement) target = target.shadowRoot.activeElement;
    const clipboardData = new DataTransfer();
    const options = { bubbles: true, cancelable: true, composed: true, clipboardData };
    const goesOn = (target ?? owner).dispatchEvent(new ClipboardEvent(kind, options));
    let parts = {};
    if (goesOn) {
      parts = selected(target);
      if (!parts) return false;
      if (kind === 'cut') call(execute, owner, ['delete']);
    } else {
      for (const type of clipboardData.types) parts[type] = clipboardData.getData(type);
    }
    keep(parts);
    return true;
  };
  replace(globalThis.Document?.prototype, 'execCommand', function (command, ...rest) {
    const kind = String(command).toLowerCase();
    if (kind !== 'copy' && kind !== 'cut') return call(execute, this, [command, ...rest]);
    return navigator.userActivation?.isActive ? transfer(this, kind) : false;
  });

  const query = globalThis.Permissions?.prototype.query;
  replace(globalThis.Permissions?.prototype, 'query', async function (wanted) {
    const status = await call(query, this, [wanted]);
    if (!String(wanted?.name).startsWith('clipboard-')) return status;
    const { state } = await tell('state', { name: String(wanted.name) });
    return Object.defineProperty(status, 'state', { value: state, configurable: true });
  });
})
