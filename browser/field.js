// What an element is for someone who types or chooses, and what stands in it. Of a password only
// how long it is.
(element) => {
  const TEXTS = ['text', 'search', 'url', 'tel', 'email', 'password', 'number'];
  const VALUES = ['date', 'time', 'month', 'week', 'datetime-local', 'color', 'range'];
  const MOST_TEXT = 20000, MOST_SUGGESTIONS = 50;
  const name = element.localName;
  const document = element.ownerDocument;
  const isEditor = element.isContentEditable || document.designMode === 'on';
  const type = name === 'input' ? element.type : name === 'textarea' ? name : isEditor ? 'editor' : name;
  // A root that scripts cannot see into may hold a field of its own.
  const mayHide = !isEditor && !element.shadowRoot && (name.includes('-') ||
    ['article', 'aside', 'blockquote', 'div', 'footer', 'header', 'main', 'nav', 'p', 'section',
      'span'].includes(name));
  const kind =
    name === 'iframe' || name === 'frame' || mayHide ? 'inside' :
    name === 'textarea' || isEditor || element.editContext ? 'text' :
    name === 'input' && TEXTS.includes(type) ? 'text' :
    name === 'input' && VALUES.includes(type) ? 'value' :
    name === 'select' ? 'list' : 'none';
  const view = document.defaultView;
  const isSecret = type === 'password' ||
    (kind === 'text' && !['none', ''].includes(view.getComputedStyle(element).webkitTextSecurity ?? ''));
  const text =
    kind === 'text' && isEditor ? element.innerText :
    kind === 'text' || kind === 'value' ? String(element.value ?? '') : '';
  // Where editors hide a field behind what they draw themselves.
  const isHidden = () => {
    const { width, height } = element.getBoundingClientRect();
    return width * height < 40 || Number(view.getComputedStyle(element).opacity) === 0;
  };
  const suggestions = () => {
    const typed = text.trim().toLowerCase();
    const fits = (option) => !option.disabled && option.value &&
      [option.value, option.label].some((each) => each.toLowerCase().includes(typed));
    const label = ({ value, label }) => label && label !== value ? `${value} (${label})` : value;
    return [...element.list.options].filter(fits).slice(0, MOST_SUGGESTIONS)
      .map((option) => label(option).toWellFormed());
  };
  const { rangeUnderflow, rangeOverflow, stepMismatch, badInput } = element.validity ?? {};
  const isRefused = rangeUnderflow || rangeOverflow || stepMismatch || badInput;
  const order = () => new view.Intl.DateTimeFormat(view.navigator.language)
    .formatToParts(new Date(2000, 10, 22)).map((part) => part.type)
    .filter((part) => part !== 'literal').join(' ');
  return {
    kind,
    type,
    is_there: element.isConnected,
    is_hidden: kind === 'text' && !isEditor && isHidden(),
    has_focus: element.getRootNode().activeElement === element,
    has_lines: type === 'textarea' || (kind === 'text' && isEditor),
    is_secret: isSecret,
    is_sensitive: type === 'password' ||
      /(?:^|[ -])(?:(?:current|new)-password|cc-[a-z-]+|one-time-code)$/i.test(element.autocomplete ?? ''),
    is_read_only: (element.readOnly ?? false) || (element.disabled ?? false),
    text: isSecret ? null : text.slice(0, MOST_TEXT).toWellFormed(),
    length: text.length,
    start: kind === 'text' && !isEditor ? element.selectionStart ?? null : null,
    end: kind === 'text' && !isEditor ? element.selectionEnd ?? null : null,
    max_length: element.maxLength ?? -1,
    least: element.min ?? '',
    most: element.max ?? '',
    step: element.step ?? '',
    initial: kind === 'value' ? element.defaultValue : '',
    date_order: kind === 'value' ? order() : '',
    complaint: isRefused ? element.validationMessage || 'it is not valid' : '',
    suggestions: name === 'input' && !isSecret && element.list ? suggestions() : [],
    picker_is_open: name === 'input' && element.matches(':open'),
  };
}
