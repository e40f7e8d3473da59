// What an element is about to do, as far as the page's markup says: its name, the form that it
// sends, and the words around it. It runs in a world of its own, and reads past the names by which
// a form or a document hides its own properties (`<input name=getAttribute>`).
(found, whole) => {
  const MOST_NAME = 200, MOST_AROUND = 300, MOST_FIELDS = 40, MOST_VALUE = 200;
  const ACTS = 'a[href],area[href],button,input,select,textarea,summary,option,[role=button],' +
    '[role=link],[role=menuitem],[role=option],[role=tab],[role=switch],[role=checkbox],' +
    '[onclick],[contenteditable=""],[contenteditable=true],[role=textbox]';
  const get = (kind, name) => {
    const read = Object.getOwnPropertyDescriptor(kind.prototype, name).get;
    return (node) => read.call(node);
  };
  const call = (kind, name) => (node, ...more) => kind.prototype[name].apply(node, more);
  const parentOf = get(Node, 'parentElement'), rootOf = call(Node, 'getRootNode');
  const textOf = get(Node, 'textContent'), innerTextOf = get(HTMLElement, 'innerText');
  const tagOf = get(Element, 'localName'), matches = call(Element, 'matches');
  const attribute = call(Element, 'getAttribute'), has = call(Element, 'hasAttribute');
  const one = call(Element, 'querySelector'), all = call(Element, 'querySelectorAll');
  const fieldsOf = get(HTMLFormElement, 'elements'), ownerOf = get(Node, 'ownerDocument');
  const isForm = (node) => node instanceof HTMLFormElement;
  const plain = (text) => String(text ?? '').replace(/\s+/g, ' ').trim();
  const up = (node) => parentOf(node) ?? rootOf(node).host ?? null;
  const closest = (node, selector) => {
    for (let each = node; each; each = up(each)) if (matches(each, selector)) return each;
    return null;
  };
  let element = found;
  if (whole) {
    const label = closest(found, 'label');
    element = closest(found, ACTS) ?? label?.control ?? found;
  }
  const page = ownerOf(element);
  const ofPage = (kind, name) => get(kind, name)(page);
  const byIds = (ids) => ids.split(/\s+/).map((id) => {
    const root = rootOf(element);
    const kind = root instanceof Document ? Document : DocumentFragment;
    const found = root instanceof Element ? null : kind.prototype.getElementById.call(root, id);
    return found ? plain(textOf(found)) : '';
  }).join(' ').trim();
  const text = (node) => plain((node instanceof HTMLElement ? innerTextOf(node) : textOf(node))
    .slice(0, 4 * MOST_NAME));
  const alternatives = (node) => plain([...all(node, 'img[alt],svg title,[aria-label]')]
    .slice(0, 5).map((each) => attribute(each, 'alt') ?? attribute(each, 'aria-label') ??
      textOf(each)).join(' '));
  const isField = (node) => /^(input|select|textarea)$/.test(tagOf(node)) ||
    (node instanceof HTMLElement && get(HTMLElement, 'isContentEditable')(node));
  const isButton = (node) => tagOf(node) === 'button' ||
    (tagOf(node) === 'input' && /^(submit|button|image|reset)$/.test(node.type));
  const labelled = (node) => plain(attribute(node, 'aria-label') ||
    [...(node.labels ?? [])].map(text).join(' ') || node.placeholder ||
    attribute(node, 'data-placeholder') || attribute(node, 'aria-placeholder') ||
    attribute(node, 'title') || attribute(node, 'name') || '');
  const nameOf = (node) => plain((has(node, 'aria-labelledby') &&
      byIds(attribute(node, 'aria-labelledby'))) || attribute(node, 'aria-label') ||
    (isButton(node) && tagOf(node) === 'input' ? node.value || node.alt : '') ||
    (isField(node) && !isButton(node) ? labelled(node) : text(node) || alternatives(node)) ||
    attribute(node, 'title')).slice(0, MOST_NAME);
  const isSecret = (field) => field.type === 'password' ||
    /\b(password|cc-number|cc-csc|one-time-code)\b/.test(field.autocomplete ?? '') ||
    !['none', '', undefined].includes(window.getComputedStyle(field).webkitTextSecurity);
  const field = (each) => {
    const value = each.type === 'file' ? [...each.files].map((file) => file.name).join(', ')
      : tagOf(each) === 'select' ? plain(each.selectedOptions[0]?.label) : String(each.value);
    const isUnset = /^(checkbox|radio)$/.test(each.type) && !each.checked;
    return {
      label: labelled(each).slice(0, 80), name: String(each.name ?? '').slice(0, 80),
      type: each.type ?? '', autocomplete: each.autocomplete ?? '',
      is_filled: value !== '' && !isUnset, is_secret: isSecret(each),
      value: isSecret(each) ? '' : value.slice(0, MOST_VALUE),
    };
  };
  const form = !isForm(element) && isForm(element.form) ? element.form : closest(element, 'form');
  const submits = isButton(element) && (element.type === 'submit' || element.type === 'image');
  const absolute = (path) => { try { return new URL(path, get(Node, 'baseURI')(page)).href } catch { return '' } };
  const address = ofPage(Document, 'URL');
  const ofForm = (name, fallback) => (submits && attribute(element, 'form' + name)) ||
    attribute(form, name) || fallback;
  const held = form ? [...fieldsOf(form)] : [];
  const buttons = form ? held.filter((each) => isButton(each) && !each.disabled &&
    /^(submit|image)$/.test(each.type)) : [];
  const fields = form ? held.filter((each) => isField(each) && !isButton(each)) : [];
  const heading = () => {
    for (let each = element, depth = 0; each && depth < 8; each = up(each), depth++) {
      const found = one(each, ':scope > legend, :scope > h1, :scope > h2, :scope > h3,' +
        ':scope > h4, :scope > header h1, :scope > header h2, :scope > header h3');
      if (found) return text(found);
    }
    const first = Document.prototype.querySelector.call(page, 'h1');
    return first ? text(first) : '';
  };
  const dialog = closest(element, 'dialog,[role=dialog],[role=alertdialog],[aria-modal=true]');
  const styled = [element, ...[...all(element, 'i,svg,span,use,img')].slice(0, 6)];
  const hints = styled.map((each) => [attribute(each, 'class'), attribute(each, 'id'),
    attribute(each, 'href'), attribute(each, 'src'), attribute(each, 'data-icon'),
    attribute(each, 'data-testid'), attribute(each, 'data-action'), attribute(each, 'name')]
    .filter(Boolean).map((word) => word.slice(0, 80)).join(' ')).join(' ');
  const link = /^(a|area)$/.test(tagOf(element)) ? element : null;
  return {
    tag: tagOf(element),
    type: isForm(element) ? '' : String(element.type ?? ''),
    role: attribute(element, 'role') ?? '',
    name: nameOf(element),
    hints: (hints + ' ' + (attribute(element, 'onclick') ?? '') + ' ' +
      (submits ? `${element.name} ${element.value}` : '')).slice(0, 600),
    href: link ? String(link.href.baseVal ?? link.href) : '',
    download: link?.hasAttribute('download') ? link.download || '?' : '',
    opens: has(element, 'aria-haspopup') || has(element, 'aria-expanded') ||
      tagOf(element) === 'summary' || attribute(element, 'role') === 'tab' ||
      has(element, 'popovertarget'),
    is_button: isButton(element) || /^(button|menuitem|option)$/.test(attribute(element, 'role') ?? ''),
    is_editor: isField(element) && !/^(input|select)$/.test(tagOf(element)) ||
      attribute(element, 'role') === 'textbox',
    is_field: isField(element) && !isButton(element),
    is_secret: isField(element) && isSecret(element),
    submits,
    has_form: Boolean(form),
    form_action: form ? absolute(ofForm('action', address)) : '',
    form_method: form ? ofForm('method', 'get').toLowerCase() : '',
    form_target: form ? ofForm('target', '') : '',
    button: buttons[0] ? nameOf(buttons[0]) : '',
    fields: fields.slice(0, MOST_FIELDS).map(field),
    heading: heading().slice(0, MOST_AROUND),
    dialog: dialog ? text(dialog).slice(0, MOST_AROUND) : '',
    title: plain(ofPage(Document, 'title')).slice(0, MOST_AROUND),
    url: address,
  };
}
