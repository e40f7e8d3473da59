// The headless shell shows no prompt: what a page asks for is denied at once. Here a call that needs
// a permission waits until that has been asked for elsewhere, and then goes on to the browser, which
// knows by then whether to allow it. What the page does to these functions can only delay itself.
((NAME, ASKS) => {
  const tell = globalThis[NAME];
  if (!tell) return;
  delete globalThis[NAME];
  const { Promise, Reflect } = globalThis;
  const call = Reflect.apply;
  const then = Promise.prototype.then;
  const after = (wait, go) => call(then, wait, [go, go]);

  const replace = (owner, name, make) => {
    const original = owner?.[name];
    if (typeof original !== 'function') return;
    const replacement = make(original);
    Object.defineProperty(replacement, 'name', { value: name, configurable: true });
    owner[name] = replacement;
  };

  replace(globalThis, 'print', () => function () { tell('print', []); });
  if (!ASKS) return;

  const allowed = (names) => {
    const policy = document.featurePolicy;
    return names.every((name) => !policy?.features().includes(name) || policy.allowsFeature(name));
  };
  const ask = (names) => (allowed(names) ? tell('permission', names) : Promise.resolve());

  const promised = (owner, name, names) => replace(owner, name, (original) => function (...given) {
    const wanted = typeof names === 'function' ? names(...given) : names;
    if (!wanted.length) return call(original, this, given);
    return after(ask(wanted), () => call(original, this, given));
  });

  promised(globalThis.Notification, 'requestPermission', ['notifications']);
  promised(globalThis.MediaDevices?.prototype, 'getUserMedia', (wanted) => [
    ...(wanted?.video ? ['camera'] : []), ...(wanted?.audio ? ['microphone'] : []),
  ]);
  promised(globalThis.Navigator?.prototype, 'requestMIDIAccess', ['midi']);
  promised(globalThis.IdleDetector, 'requestPermission', ['idle-detection']);
  promised(globalThis, 'queryLocalFonts', ['local-fonts']);
  promised(globalThis, 'getScreenDetails', ['window-management']);
  promised(globalThis.Document?.prototype, 'requestStorageAccess', ['storage-access']);

  const geolocation = globalThis.Geolocation?.prototype;
  replace(geolocation, 'getCurrentPosition', (original) => function (...given) {
    if (typeof given[0] !== 'function') return call(original, this, given);
    after(ask(['geolocation']), () => call(original, this, given));
  });
  const watches = new Map();
  let last = 0;
  replace(geolocation, 'watchPosition', (original) => function (...given) {
    if (typeof given[0] !== 'function') return call(original, this, given);
    const id = ++last;
    watches.set(id, null);
    after(ask(['geolocation']), () => {
      if (watches.has(id)) watches.set(id, call(original, this, given));
    });
    return id;
  });
  replace(geolocation, 'clearWatch', (original) => function (id) {
    const own = watches.get(id);
    watches.delete(id);
    if (own) call(original, this, [own]);
  });
})
