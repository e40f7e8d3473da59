// Run on the element at a point: choose the option with this label in the select it belongs to.
// Returns what happened as {chosen}, or {missing, labels} for an answer in words.
(element, label) => {
  const select = element.closest('select') ?? element.closest('label')?.control;
  if (!(select instanceof element.ownerDocument.defaultView.HTMLSelectElement)) {
    return { missing: 'select' };
  }
  const plain = (text) => text.replace(/\s+/g, ' ').trim();
  const options = [...select.options];
  const named = (fold) => options.filter((option) =>
    [option.label, option.text].some((text) => fold(plain(text)) === fold(plain(label))));
  const exact = named((text) => text);
  const found = exact.length ? exact : named((text) => text.toLowerCase());
  const option = found.find((option) => !option.disabled) ?? found[0];
  const labels = options.map((option) => plain(option.label));
  if (select.disabled) return { missing: 'enabled select', labels };
  if (!option) return { missing: 'option', labels };
  if (option.disabled || option.closest('optgroup')?.disabled) {
    return { missing: 'enabled option', labels };
  }
  const changes = !option.selected;
  const open = select.matches(':open');
  select.focus({ preventScroll: true });
  option.selected = true;
  if (changes) {
    select.dispatchEvent(new Event('input', { bubbles: true, composed: true }));
    select.dispatchEvent(new Event('change', { bubbles: true }));
  }
  return { chosen: plain(option.label), open };
}
