// What an element is about to do, as far as the page's markup says: its name, the form that it
// sends, and the words around it.
(found, whole) => {
  const MOST_NAME = 200, MOST_AROUND = 300, MOST_FIELDS = 40, MOST_VALUE = 200;
  const ACTS = 'a[href],area[href],button,input,select,textarea,summary,option,[role=button],' +
    '[role=link],[role=menuitem],[role=option],[role=tab],[role=switch],[role=checkbox],' +
    '[onclick],[contenteditable=""],[contenteditable=true],[role=textbox]';
  const plain = (text) => String(text ?? '').replace(/\s+/g, ' ').trim();
  const up = (node) => node.parentElement ?? node.getRootNode().host ?? null;
  const closest = (node, selector) => {
    for (let each = node; each; each = up(each)) if (each.matches(selector)) return each;
    return null;
  };
  let element = found;
  if (whole) {
    const label = closest(found, 'label');
    element = closest(found, ACTS) ?? label?.control ?? found;
  }
  const page = element.ownerDocument;
  const byIds = (ids) => ids.split(/\s+/).map((id) => plain(element.getRootNode()
    .getElementById?.(id)?.textContent)).join(' ').trim();
  const text = (node) => plain((node.innerText ?? node.textContent ?? '').slice(0, 4 * MOST_NAME));
  const alternatives = (node) => plain([...node.querySelectorAll('img[alt],svg title,[aria-label]')]
    .slice(0, 5).map((each) => each.getAttribute('alt') ?? each.getAttribute('aria-label') ??
      each.textContent).join(' '));
  const isField = (node) => /^(input|select|textarea)$/.test(node.localName) ||
    node.isContentEditable;
  const isButton = (node) => node.localName === 'button' ||
    (node.localName === 'input' && /^(submit|button|image|reset)$/.test(node.type));
  const labelled = (node) => plain(node.getAttribute?.('aria-label') ||
    [...(node.labels ?? [])].map(text).join(' ') || node.placeholder ||
    node.getAttribute?.('data-placeholder') || node.getAttribute?.('aria-placeholder') ||
    node.title || node.name || '');
  const nameOf = (node) => plain((node.hasAttribute('aria-labelledby') &&
      byIds(node.getAttribute('aria-labelledby'))) || node.getAttribute('aria-label') ||
    (isButton(node) && node.localName === 'input' ? node.value || node.alt : '') ||
    (isField(node) && !isButton(node) ? labelled(node) : text(node) || alternatives(node)) ||
    node.title).slice(0, MOST_NAME);
  const isSecret = (field) => field.type === 'password' ||
    /\b(password|cc-number|cc-csc|one-time-code)\b/.test(field.autocomplete ?? '') ||
    !['none', '', undefined].includes(page.defaultView.getComputedStyle(field).webkitTextSecurity);
  const field = (each) => {
    const value = each.type === 'file' ? [...each.files].map((file) => file.name).join(', ')
      : each.localName === 'select' ? plain(each.selectedOptions[0]?.label) : String(each.value);
    const isUnset = /^(checkbox|radio)$/.test(each.type) && !each.checked;
    return {
      label: labelled(each).slice(0, 80), name: String(each.name ?? '').slice(0, 80),
      type: each.type ?? '', autocomplete: each.autocomplete ?? '',
      is_filled: value !== '' && !isUnset, is_secret: isSecret(each),
      value: isSecret(each) ? '' : value.slice(0, MOST_VALUE),
    };
  };
  const form = element.form ?? closest(element, 'form');
  const submits = isButton(element) && (element.type === 'submit' || element.type === 'image');
  const absolute = (address) => { try { return new URL(address, page.baseURI).href } catch { return '' } };
  const attribute = (name, fallback) => (submits && element.getAttribute('form' + name)) ||
    form?.getAttribute(name) || fallback;
  const buttons = form ? [...form.elements].filter((each) => isButton(each) && !each.disabled &&
    /^(submit|image)$/.test(each.type)) : [];
  const fields = form ? [...form.elements].filter((each) => isField(each) && !isButton(each)) : [];
  const heading = () => {
    for (let each = element, depth = 0; each && depth < 8; each = up(each), depth++) {
      const found = each.querySelector?.(':scope > legend, :scope > h1, :scope > h2, :scope > h3,' +
        ':scope > h4, :scope > header h1, :scope > header h2, :scope > header h3');
      if (found) return text(found);
    }
    return plain(page.querySelector('h1')?.innerText);
  };
  const dialog = closest(element, 'dialog,[role=dialog],[role=alertdialog],[aria-modal=true]');
  const styled = [element, ...[...element.querySelectorAll('i,svg,span,use,img')].slice(0, 6)];
  const hints = styled.map((each) => [each.getAttribute('class'), each.id,
    each.getAttribute('href'), each.getAttribute('src'), each.getAttribute('data-icon'),
    each.getAttribute('data-testid'), each.getAttribute('data-action'), each.getAttribute('name')]
    .filter(Boolean).map((word) => word.slice(0, 80)).join(' ')).join(' ');
  const link = element.localName === 'a' || element.localName === 'area' ? element : null;
  return {
    tag: element.localName,
    type: String(element.type ?? ''),
    role: element.getAttribute('role') ?? '',
    name: nameOf(element),
    hints: (hints + ' ' + (element.getAttribute('onclick') ?? '') + ' ' +
      (submits ? `${element.name} ${element.value}` : '')).slice(0, 600),
    href: link ? link.href : '',
    download: link?.hasAttribute('download') ? link.download || '?' : '',
    opens: element.hasAttribute('aria-haspopup') || element.hasAttribute('aria-expanded') ||
      element.localName === 'summary' || element.getAttribute('role') === 'tab' ||
      element.hasAttribute('popovertarget'),
    is_button: isButton(element) || /^(button|menuitem|option)$/.test(element.getAttribute('role') ?? ''),
    is_editor: element.isContentEditable || element.localName === 'textarea' ||
      element.getAttribute('role') === 'textbox',
    is_field: isField(element) && !isButton(element),
    is_secret: isField(element) && isSecret(element),
    submits,
    has_form: Boolean(form),
    form_action: form ? absolute(attribute('action', page.URL)) : '',
    form_method: form ? attribute('method', 'get').toLowerCase() : '',
    form_target: form ? attribute('target', '') : '',
    button: buttons[0] ? nameOf(buttons[0]) : '',
    fields: fields.slice(0, MOST_FIELDS).map(field),
    heading: heading().slice(0, MOST_AROUND),
    dialog: dialog ? text(dialog).slice(0, MOST_AROUND) : '',
    title: plain(page.title).slice(0, MOST_AROUND),
    url: page.URL,
  };
}
