// The address holds what a view shows, so that it can be sent to somebody: #/lab?logits=1,2,3&T=0.5

let known = location.hash; // as it was read or said last; another is a link that has been followed and is not shown yet

/** @returns {{ view: string, values: URLSearchParams }} */
export function read() {
  known = location.hash;
  const [, view, values] = /^#\/(\w*)(?:\?(.*))?$/.exec(known) ?? [];
  return { view: view || 'classify', values: new URLSearchParams(values) };
}

const pause = 250; // milliseconds: browsers refuse an address that changes much oftener
let waiting = null;
let timer = null;

/** Says what the view shows now, without a step in the browser's history; soon, and the last of many calls for sure. */
export function write(view, values) {
  waiting = { view, values };
  timer ??= setTimeout(flush, pause);
}

/** Says it now. */
export function flush() {
  clearTimeout(timer);
  timer = null;
  if (waiting) {
    say(waiting);
    waiting = null;
  }
}

function say({ view, values }) {
  if (location.hash !== known || read().view !== view) {
    return; // the view has been left, or is about to be
  }

  const given = Object.entries(values).filter(([, value]) => value !== undefined && value !== null && value !== '');
  const text = given.map(([name, value]) => `${name}=${encodeURIComponent(value).replaceAll('%2C', ',').replaceAll('%2F', '/')}`).join('&');
  history.replaceState(null, '', `#/${view}${text ? `?${text}` : ''}`);
  known = location.hash;
}
