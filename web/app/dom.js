// @ts-check
/**
 * Building elements. Whatever comes from the server enters the page as text nodes and attributes, never as markup:
 * nothing in this folder assigns `innerHTML`.
 */

/** @typedef {Node | string | number | null | undefined | false} Leaf */
/** @typedef {Leaf | Leaf[] | (Leaf | Leaf[])[]} Child */
/** @typedef {Record<string, any>} Props */

const SVG_NAMESPACE = 'http://www.w3.org/2000/svg';

/**
 * An HTML element. `props` are attributes; `on` holds listeners, `true` sets a bare attribute, `false` and null none.
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {Props | null} [props]
 * @param {...(Child | Child[])} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function h(tag, props, ...children) {
  return fill(document.createElement(tag), props, children);
}

/**
 * An SVG element; as `h`.
 * @template {keyof SVGElementTagNameMap} T
 * @param {T} tag
 * @param {Props | null} [props]
 * @param {...(Child | Child[])} children
 * @returns {SVGElementTagNameMap[T]}
 */
export function s(tag, props, ...children) {
  return fill(/** @type {SVGElementTagNameMap[T]} */ (document.createElementNS(SVG_NAMESPACE, tag)), props, children);
}

/**
 * @template {Element} E
 * @param {E} element
 * @param {Props | null | undefined} props
 * @param {(Child | Child[])[]} children
 * @returns {E}
 */
function fill(element, props, children) {
  for (const [name, value] of Object.entries(props ?? {})) {
    if (name === 'on') {
      for (const [event, listener] of Object.entries(value))
        element.addEventListener(event, /** @type {any} */ (listener));
    } else if (value === true) {
      element.setAttribute(name, '');
    } else if (value !== false && value !== null && value !== undefined) {
      element.setAttribute(name, String(value));
    }
  }
  append(element, children);
  return element;
}

/**
 * @param {Element | DocumentFragment} parent
 * @param {(Child | Child[])[]} children
 */
function append(parent, children) {
  for (const child of children) {
    if (Array.isArray(child)) append(parent, child);
    else if (child instanceof Node) parent.append(child);
    else if (child !== null && child !== undefined && child !== false) parent.append(String(child));
  }
}

/**
 * Puts `children` in place of what is there.
 * @param {Element} parent
 * @param {...(Child | Child[])} children
 */
export function replace(parent, ...children) {
  const fragment = document.createDocumentFragment();
  append(fragment, children);
  parent.replaceChildren(fragment);
}

/**
 * Sets text only where it differs, so that a tick that changes nothing costs nothing.
 * @param {Element} element
 * @param {string} text
 * @returns {boolean} Whether it differed
 */
export function setText(element, text) {
  if (element.textContent === text) return false;
  element.textContent = text;
  return true;
}

/** @type {Set<() => void>} */
const waiting = new Set();

/**
 * Runs `render` before the next picture, once however often it is asked for: updates that come faster than the
 * screen are drawn together.
 * @param {() => void} render
 */
export function onFrame(render) {
  if (waiting.size === 0) {
    requestAnimationFrame(() => {
      const due = [...waiting];
      waiting.clear();
      for (const each of due) each();
    });
  }
  waiting.add(render);
}

/** What the page draws instead of pictures: one path each, on a 24 by 24 grid. */
const ICONS = {
  pipeline: 'M3 5h6v5H3zM15 5h6v5h-6zM15 15h6v5h-6zM9 7.5h6M12 7.5v10h3',
  tables: 'M3 4h18v16H3zM3 9.5h18M3 14.7h18M10 4v16',
  record: 'M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4.5 20.5c1-4 4-5.5 7.5-5.5s6.5 1.5 7.5 5.5',
  changes: 'M3 12h4l3-8 4 16 3-8h4',
  query: 'M4 5l6 7-6 7M12 19h8',
  health: 'M12 20.5C5 15.5 3 12 3 8.7A4.7 4.7 0 0 1 12 7a4.7 4.7 0 0 1 9 1.7c0 3.3-2 6.8-9 11.8z',
  search: 'M10.5 17a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13zM15.5 15.5L20.5 20.5',
  sun: 'M12 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM12 2.5v2.5M12 19v2.5M2.5 12H5M19 12h2.5M5.3 5.3l1.8 1.8M16.9 16.9l1.8 1.8M5.3 18.7l1.8-1.8M16.9 7.1l1.8-1.8',
  moon: 'M20 14.5A8.5 8.5 0 0 1 9.5 4a8.5 8.5 0 1 0 10.5 10.5z',
  plus: 'M12 5v14M5 12h14',
  minus: 'M5 12h14',
  close: 'M6 6l12 12M18 6L6 18',
  fit: 'M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5',
  copy: 'M9 9h11v11H9zM5 15H4V4h11v1',
  pause: 'M8 5v14M16 5v14',
  play: 'M7 4.5l12 7.5-12 7.5z',
  key: 'M8 15.5a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9zM12.5 11H21v4M17 11v3',
  warning: 'M12 4L2.5 20h19zM12 10v4.5M12 17.2v.1',
  refresh: 'M20 12a8 8 0 1 1-2.5-5.8M20 3v4.5h-4.5',
};

/**
 * @param {keyof typeof ICONS} name
 * @returns {SVGSVGElement}
 */
export function icon(name) {
  return s(
    'svg',
    { class: 'icon', viewBox: '0 0 24 24', 'aria-hidden': 'true', focusable: 'false' },
    s('path', { d: ICONS[name] }),
  );
}

/**
 * Says something to those who listen to the page instead of looking at it.
 * @param {string} message
 */
export function announce(message) {
  const region = document.getElementById('announcer');
  if (region) region.textContent = message;
}

/**
 * @param {string} text
 * @param {string} what What was copied, for the announcement
 * @param {HTMLButtonElement} button Tells that it is done
 */
export async function copyText(text, what, button) {
  const label = button.querySelector('.label');
  try {
    await navigator.clipboard.writeText(text);
    announce(`${what} copied`);
    if (label) {
      const before = label.textContent;
      label.textContent = 'Copied';
      setTimeout(() => (label.textContent = before), 1500);
    }
  } catch {
    // Browsers give the clipboard to secure origins only; the text can still be taken by hand.
    window.prompt(what, text);
  }
}
