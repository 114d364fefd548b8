// @ts-check
/**
 * Addresses: `#/view/part/part?name=value`. Everything that a view shows is in its address, so that it can be
 * bookmarked and sent, and "back" goes back.
 */

/** @typedef {{view: string, parts: string[], params: URLSearchParams}} Route */

/** @returns {Route} */
export function currentRoute() {
  const hash = location.hash.replace(/^#\/?/, '');
  const [path, query = ''] = split(hash, '?');
  const [view, ...parts] = path.split('/').map(decode);
  return { view: view || 'pipeline', parts: parts.filter((part) => part !== ''), params: new URLSearchParams(query) };
}

/**
 * @param {string} view
 * @param {string[]} [parts]
 * @param {Record<string, string | null | undefined> | URLSearchParams} [params] What is empty is left out
 * @returns {string} `#/…`
 */
export function href(view, parts = [], params = {}) {
  const query = params instanceof URLSearchParams ? params : new URLSearchParams();
  if (!(params instanceof URLSearchParams)) {
    for (const [name, value] of Object.entries(params)) if (value) query.set(name, value);
  }
  const text = query.toString();
  return `#/${[view, ...parts].map(encodeURIComponent).join('/')}${text ? `?${text}` : ''}`;
}

/**
 * @param {string} address `#/…`
 * @param {{replace?: boolean}} [options] Replace: the step is not one that "back" should return to
 */
export function go(address, options = {}) {
  if (location.hash === address) return;
  if (options.replace) {
    history.replaceState(null, '', address);
    dispatchEvent(new HashChangeEvent('hashchange'));
  } else {
    location.hash = address;
  }
}

/**
 * @param {string} text
 * @param {string} separator
 * @returns {[string, string | undefined]}
 */
function split(text, separator) {
  const at = text.indexOf(separator);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}

/** @param {string} part */
function decode(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
