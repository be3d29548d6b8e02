// The address records what a view shows, so that it can be shared: #/lab?logits=1,2,3&T=0.5

// As it was last read or written; any other is a link that was followed and is not shown yet.
let known = location.hash;

/** @returns {{ view: string, values: URLSearchParams }} */
export function read() {
  known = location.hash;
  const [, view, values] = /^#\/(\w*)(?:\?(.*))?$/.exec(known) ?? [];
  return { view: view || 'classify', values: new URLSearchParams(values) };
}

const pause = 250; // milliseconds: browsers reject an address that changes much more often
let waiting = null;
let timer = null;

/** Records what the view shows, without a step in the browser's history: soon, and the last of many calls. */
export function write(view, values) {
  waiting = { view, values };
  timer ??= setTimeout(flush, pause);
}

/** Records it now. */
export function flush() {
  clearTimeout(timer);
  timer = null;
  if (waiting) {
    replace(waiting);
    waiting = null;
  }
}

function replace({ view, values }) {
  if (location.hash !== known || read().view !== view) {
    return; // the view has been left, or is about to be
  }

  const given = Object.entries(values).filter(([, value]) => value !== undefined && value !== null && value !== '');
  const text = given
    .map(([name, value]) => `${name}=${encodeURIComponent(value).replaceAll('%2C', ',').replaceAll('%2F', '/')}`)
    .join('&');
  history.replaceState(null, '', `#/${view}${text ? `?${text}` : ''}`);
  known = location.hash;
}
