// Give an input a value as a person does who sets it with the browser's own control. The setter is
// the prototype's: frameworks watch over the one of the element, and would take it for their own.
(element, value) => {
  const view = element.ownerDocument.defaultView;
  const { set } = Object.getOwnPropertyDescriptor(view.HTMLInputElement.prototype, 'value');
  const before = element.value;
  set.call(element, value);
  if (element.value === before) return;
  element.dispatchEvent(new view.Event('input', { bubbles: true, composed: true }));
  element.dispatchEvent(new view.Event('change', { bubbles: true }));
}
