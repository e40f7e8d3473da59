/* Shows a page in a document that stays, and reads what it shows; `readTruth` is truth.js. */
(readTruth, css) => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  document.adoptedStyleSheets = [sheet];
  const round = (x) => Math.round(x * 100) / 100;
  const asked = () => [...document.querySelectorAll('[data-ask]')].map((element) => {
    const range = document.createRange();
    range.selectNodeContents(element);
    const inline = element.childElementCount === 0 && element.firstChild && !element.matches('button, a, input');
    const r = (inline ? range : element).getBoundingClientRect();
    if (r.width < 3 || r.height < 3 || r.left < 0 || r.top < 0 || r.right > innerWidth || r.bottom > innerHeight) return null;
    const hits = [0.1, 0.5, 0.9].every((share) => {
      const hit = document.elementFromPoint(r.left + share * r.width, (r.top + r.bottom) / 2);
      return hit && (hit === element || element.contains(hit) || hit.contains(element));
    });
    return hits ? [Number(element.dataset.ask), round(r.left), round(r.top), round(r.right), round(r.bottom)] : null;
  }).filter(Boolean);
  globalThis.vigorlShow = (html) => {
    document.documentElement.innerHTML = html;
    const answer = readTruth();
    answer.asks = asked();
    return JSON.stringify(answer);   // one string crosses the pipe faster than many records
  };
}
