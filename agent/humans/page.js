'use strict';
/* The page for raters: screens one at a time, answers saved as they are given, handed over as a file.
 *
 * `order` and `checksum` are the arithmetic of order.py and ratings.py: the analysis does it again.
 */
(() => {
  const FORMAT = 'vigorl-ratings/1';
  const study = JSON.parse(document.getElementById('study').textContent);
  const $ = (id) => document.getElementById(id);
  const PLACE = `vigorl-humans ${study.study} `;
  const CIRCLE = 0.018;   // radius, in parts of the picture's longer side
  const CLOSER = 2.4;     // times as large
  const items = new Map(study.items.map((item) => [item.id, item]));
  let state = null, order = [], at = 0, shownAt = 0, canSave = true, isHandedOver = true;

  // --- arithmetic that the analysis repeats ------------------------------------------------------
  const fnv1a = (text) => {
    let value = 0x811c9dc5;
    for (const byte of new TextEncoder().encode(text)) value = Math.imul(value ^ byte, 0x01000193);
    return value >>> 0;
  };
  const orderOf = (rater) => {
    const ids = [...items.keys()].sort();
    let seed = fnv1a(`${study.study} ${rater}`);
    for (let last = ids.length - 1; last > 0; last--) {
      seed = (seed + 0x6d2b79f5) | 0;
      let value = Math.imul(seed ^ (seed >>> 15), 1 | seed);
      value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value;
      const other = Math.floor(((value ^ (value >>> 14)) >>> 0) / 2 ** 32 * (last + 1));
      [ids[last], ids[other]] = [ids[other], ids[last]];
    }
    return ids;
  };
  const hex = (value) => value.toString(16).padStart(8, '0');

  // --- what is kept ------------------------------------------------------------------------------
  const store = (work) => {
    try { return work(localStorage); } catch { return undefined; }
  };
  const alarm = (text) => { $('alarm').textContent = text; $('alarm').hidden = !text; };
  const save = () => {
    isHandedOver = false;
    const text = JSON.stringify(state);
    canSave = store((storage) => { storage.setItem(PLACE + state.rater, text); return true; }) === true;
    alarm(canSave ? '' : 'This browser does not let the page save (its storage is blocked or full). ' +
      'Your answers are kept only as long as the page stays open: download them before you close it.');
    $('kept').textContent = canSave ? 'Saved' : 'Not saved';
  };
  const savedStates = () => store((storage) => Object.keys(storage)
    .filter((key) => key.startsWith(PLACE))
    .map((key) => readState(storage.getItem(key)))
    .filter(Boolean)) || [];
  const readState = (text) => {
    try {
      const found = JSON.parse(text);
      const sound = found.study === study.study && typeof found.rater === 'string' &&
        found.answers && typeof found.answers === 'object';
      return sound ? found : null;
    } catch { return null; }
  };
  const answerOf = (id) => state.answers[id] || (state.answers[id] = { overlap: null, helpfulness: null, seconds: 0, at: null });
  const isRated = (id) => Boolean(state.answers[id]?.overlap && state.answers[id]?.helpfulness);
  const rated = () => order.filter(isRated).length;

  // --- screens -----------------------------------------------------------------------------------
  const screens = ['welcome', 'examples', 'rate', 'finish'];
  const show = (name) => {
    noteTime();
    for (const each of screens) $(each).hidden = each !== name;
    scrollTo(0, 0);
    $(name).querySelector('h1').focus({ preventScroll: true });
  };
  const welcome = () => {
    const known = savedStates();
    $('resume').hidden = known.length === 0;
    $('saved').replaceChildren(...known.map((found) => {
      const button = document.createElement('button');
      const count = Object.values(found.answers).filter((each) => each.overlap && each.helpfulness).length;
      button.type = 'button';
      button.className = 'plain';
      button.textContent = `${found.rater}: ${count} of ${items.size} rated`;
      button.addEventListener('click', () => { begin(found); next(); });
      const line = document.createElement('li');
      line.append(button);
      return line;
    }));
    show('welcome');
  };
  const begin = (found) => {
    state = found;
    order = orderOf(state.rater);
    at = 0;
  };
  const next = () => {
    const open = order.findIndex((id) => !isRated(id));
    if (open < 0) finish(); else step(open);
  };

  $('consent').addEventListener('submit', (event) => {
    event.preventDefault();
    const rater = $('rater').value.trim();
    const sound = /^[A-Za-z0-9_-]{1,32}$/.test(rater), agreed = $('agree').checked;
    $('rater-error').textContent = sound ? '' : 'Please give a code of letters, digits, - and _.';
    $('agree-error').textContent = agreed ? '' : 'Please tick this if you want to take part.';
    $('rater').setAttribute('aria-invalid', String(!sound));
    $('agree').setAttribute('aria-invalid', String(!agreed));
    if (!sound || !agreed) { (sound ? $('agree') : $('rater')).focus(); return; }
    const known = savedStates().find((found) => found.rater === rater);
    if (known) { begin(known); next(); return; }
    const now = new Date().toISOString();
    const session = hex(crypto.getRandomValues(new Uint32Array(1))[0]);
    begin({ study: study.study, rater, session, consented_at: now, answers: {} });
    save();
    show('examples');
  });
  $('start').addEventListener('click', () => next());

  // --- one step ----------------------------------------------------------------------------------
  const noteTime = () => {
    if (state && shownAt && !$('rate').hidden) {
      const answer = answerOf(order[at]);
      answer.seconds = Math.round((answer.seconds + (performance.now() - shownAt) / 1000) * 10) / 10;
    }
    shownAt = document.hidden ? 0 : performance.now();
  };
  const step = (index) => {
    show('rate');
    at = index;
    const item = items.get(order[at]), answer = answerOf(item.id);
    $('number').textContent = at + 1;
    $('goal').textContent = item.goal;
    $('thought').replaceChildren(...item.pieces.map(([text, kind]) => piece(text, kind)));
    draw(item);
    for (const name of ['overlap', 'helpfulness']) {
      for (const input of document.querySelectorAll(`input[name=${name}]`)) {
        input.checked = String(answer[name]) === input.value;
      }
    }
    $('back').disabled = at === 0;
    $('missing').textContent = '';
    told();
  };
  const told = () => { $('progress').value = rated(); };
  const piece = (text, kind) => {
    const span = document.createElement('span');
    span.className = kind;
    if (kind === 'here') { span.setAttribute('role', 'img'); span.setAttribute('aria-label', 'the circle'); }
    else span.textContent = kind === 'elsewhere' ? '(another place)' : text;
    return span;
  };
  const draw = (item) => {
    const { uri, width, height } = study.pictures[item.picture];
    $('picture').width = width;
    $('picture').height = height;
    $('picture').src = uri;
    $('signs').setAttribute('viewBox', `0 0 ${width} ${height}`);
    $('signs').replaceChildren(...['seek', 'halo', 'ring'].map((name) => {  // anew: it pulses again
      const circle = document.createElementNS('http://www.w3.org/2000/svg', 'circle');
      circle.setAttribute('class', name);
      circle.setAttribute('cx', item.x * width);
      circle.setAttribute('cy', item.y * height);
      circle.setAttribute('r', CIRCLE * Math.max(width, height));
      return circle;
    }));
    size(false);
  };
  const size = (closer) => {
    const item = items.get(order[at]), { width, height } = study.pictures[item.picture];
    document.querySelector('figure').classList.toggle('closer', closer);
    $('closer').textContent = closer ? 'Whole' : 'Closer';
    $('closer').setAttribute('aria-pressed', String(closer));
    const frame = $('window'), sheet = $('sheet');
    const limit = parseFloat(getComputedStyle(frame).maxHeight) || innerHeight;
    const whole = Math.min(frame.clientWidth, limit / height * width);  // all of it is seen
    frame.style.height = closer ? `${Math.min(limit, whole / width * height)}px` : '';
    sheet.style.width = `${Math.floor(closer ? whole * CLOSER : whole)}px`;
    frame.scrollLeft = closer ? item.x * sheet.clientWidth - frame.clientWidth / 2 : 0;
    frame.scrollTop = closer ? item.y * sheet.clientHeight - frame.clientHeight / 2 : 0;
  };
  const isCloser = () => $('closer').getAttribute('aria-pressed') === 'true';
  addEventListener('resize', () => { if (!$('rate').hidden) size(isCloser()); });
  $('closer').addEventListener('click', () => size(!isCloser()));
  $('picture').addEventListener('click', () => size(!isCloser()));

  $('answers').addEventListener('change', ({ target }) => {
    const answer = answerOf(order[at]);
    answer[target.name] = target.name === 'helpfulness' ? Number(target.value) : target.value;
    answer.at = new Date().toISOString();
    $('missing').textContent = '';
    noteTime();
    save();
    told();
  });
  $('answers').addEventListener('submit', (event) => {
    event.preventDefault();
    if (!isRated(order[at])) {
      const open = answerOf(order[at]).overlap ? 'helpfulness' : 'overlap';
      $('missing').textContent = open === 'overlap'
        ? 'Please answer the first question: yes, no or unsure.' : 'Please answer the second question: 1 to 5.';
      $(open).querySelector('input').focus();
      return;
    }
    noteTime();
    save();
    if (rated() === order.length && at === order.length - 1) finish();
    else if (at + 1 < order.length) step(at + 1);
    else next();
  });
  const back = () => { if (at > 0) step(at - 1); };
  $('back').addEventListener('click', back);
  $('pause').addEventListener('click', () => finish());
  addEventListener('keydown', (event) => {
    const typing = event.target.matches('textarea, input:not([type=radio])');
    if ($('rate').hidden || event.ctrlKey || event.metaKey || event.altKey || typing) return;
    const key = event.key.toLowerCase();
    const value = { y: 'yes', n: 'no', u: 'unsure' }[key] || (/^[1-5]$/.test(key) ? key : null);
    if (value) document.querySelector(`#answers input[value="${value}"]`).click();
    else if (key === 'z') size(!isCloser());
    else if (key === 'backspace') back();
    else if (key === 'enter' && !event.target.matches('button, input')) $('answers').requestSubmit();
    else return;
    event.preventDefault();
  });

  // --- handing over ------------------------------------------------------------------------------
  const rows = () => order.map((id, position) => ({ position: position + 1, item: id, ...answerOf(id) }));
  const checksum = () => hex(fnv1a(`${study.study} ${state.rater} ${state.session}\n` + rows()
    .map((row) => `${row.item} ${row.overlap ?? ''} ${row.helpfulness ?? ''}\n`).join('')));
  const asJson = () => JSON.stringify({
    format: FORMAT, study: study.study, rater: state.rater, session: state.session,
    consented_at: state.consented_at, exported_at: new Date().toISOString(),
    complete: rated() === order.length, checksum: checksum(),
    ratings: rows().map(({ at: answered_at, ...row }) => ({ ...row, answered_at })),
  }, null, 1) + '\n';
  const asCsv = () => {
    const head = 'format,study,rater,session,checksum,position,item,overlap,helpfulness,seconds,answered_at\n';
    const same = [FORMAT, study.study, state.rater, state.session, checksum()];
    return head + rows().map((row) => [...same, row.position, row.item, row.overlap ?? '',
      row.helpfulness ?? '', row.seconds, row.at ?? ''].join(',') + '\n').join('');
  };
  const finish = () => {
    const count = rated(), done = count === order.length;
    show('finish');
    $('finish-count').textContent = `${count} of ${order.length} rated`;
    $('finish-title').textContent = done ? 'That was all. Thank you!' : 'Paused';
    $('finish-text').textContent = done
      ? 'Please download your answers now, and send the file to whoever gave you this page.'
      : 'You can go on now, or later in this browser. What you have done so far can be handed over as it is.';
    $('go-on').hidden = done;
    $('json').className = done ? 'main' : 'plain';
    $('done').textContent = '';
    $('text').value = asJson();
  };
  const download = (text, type, ending) => {
    const link = document.createElement('a');
    link.href = URL.createObjectURL(new Blob([text], { type }));
    link.download = `ratings-${study.study}-${state.rater}.${ending}`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
    handedOver(`${link.download} is in your downloads.`);
  };
  const handedOver = (text) => { isHandedOver = true; $('done').textContent = text; };
  const copy = async (text) => {
    $('text').value = text;
    try {
      await navigator.clipboard.writeText(text);
      handedOver('Copied: paste it into a message.');
    } catch {
      $('text').focus();
      $('text').select();
      $('done').textContent = 'The browser does not let the page copy. The text below is selected: copy it from there.';
    }
  };
  $('json').addEventListener('click', () => download(asJson(), 'application/json', 'json'));
  $('csv').addEventListener('click', () => download(asCsv(), 'text/csv', 'csv'));
  $('copy-json').addEventListener('click', () => copy(asJson()));
  $('copy-csv').addEventListener('click', () => copy(asCsv()));
  $('go-on').addEventListener('click', () => next());
  $('leave').addEventListener('click', () => { $('rater').value = ''; $('agree').checked = false; welcome(); });

  document.addEventListener('visibilitychange', () => { noteTime(); });
  addEventListener('beforeunload', (event) => { if (!canSave && !isHandedOver) event.preventDefault(); });
  addEventListener('storage', (event) => {  // the same rater, in another tab
    if (!state || event.key !== PLACE + state.rater) return;
    const found = readState(event.newValue);
    if (!found) return;
    state.answers = found.answers;
    if (!$('rate').hidden) step(at);
  });
  if (!store((storage) => { storage.setItem(PLACE, ''); storage.removeItem(PLACE); return true; })) {
    canSave = false;
    alarm('This browser does not let the page save (its storage is blocked or full). Your answers are ' +
      'kept only as long as the page stays open: download them before you close it.');
  }
  welcome();
})();
