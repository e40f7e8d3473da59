// Run on the element at a point: choose the options with these labels, and no others, in the select
// that it belongs to, or the value with this label among the suggestions of a field. The focus comes
// first, as it does for a person: some pages fill a list only then.
// Returns what happened as {chosen}, or {missing, name, labels} for an answer in words.
(element, names) => {
  const view = element.ownerDocument.defaultView;
  const field = element.closest('select, input[list]') ?? element.closest('label')?.control;
  const isSelect = field instanceof view.HTMLSelectElement;
  if (!isSelect && !field?.list) return { missing: 'select' };
  if (!field.disabled && !field.readOnly) field.focus({ preventScroll: true });
  const options = [...(isSelect ? field.options : field.list.options)];
  const plain = (text) => text.replace(/\s+/g, ' ').trim();
  const words = (option) => isSelect ? [option.label, option.text] : [option.value, option.label];
  const labels = options.map((option) => plain(words(option)[0]));
  const find = (name) => {
    const named = (fold) => options.filter((option) =>
      words(option).some((text) => fold(plain(text)) === fold(plain(name))));
    const exact = named((text) => text);
    const found = exact.length ? exact : named((text) => text.toLowerCase());
    return found.find((option) => !option.disabled) ?? found[0];
  };
  if (field.disabled || field.readOnly) return { missing: 'enabled select', labels };
  if (names.length > 1 && !field.multiple) return { missing: 'several', labels };
  const chosen = new Set();
  for (const name of names) {
    const option = find(name);
    if (!option) return { missing: 'option', name, labels };
    if (option.disabled || option.closest('optgroup')?.disabled) {
      return { missing: 'enabled option', name, labels };
    }
    chosen.add(option);
  }
  const differs = isSelect
    ? options.some((option) => option.selected !== chosen.has(option))
    : field.value !== [...chosen][0].value;
  if (isSelect && field.multiple) {
    for (const option of options) option.selected = chosen.has(option);
  } else if (isSelect) {
    [...chosen][0].selected = true;
  } else {
    const { set } = Object.getOwnPropertyDescriptor(view.HTMLInputElement.prototype, 'value');
    set.call(field, [...chosen][0].value);
  }
  if (differs) {
    field.dispatchEvent(new view.Event('input', { bubbles: true, composed: true }));
    field.dispatchEvent(new view.Event('change', { bubbles: true }));
  }
  return { chosen: [...chosen].map((option) => plain(words(option)[0])), is_open: field.matches(':open') };
}
