// The address holds what a view shows, so that it can be sent to somebody: #/lab?logits=1,2,3&T=0.5

/** @returns {{ view: string, values: URLSearchParams }} */
export function read() {
  const [, view, values] = /^#\/(\w*)(?:\?(.*))?$/.exec(location.hash) ?? [];
  return { view: view || 'classify', values: new URLSearchParams(values) };
}

/** Says what the view shows now, without a step in the browser's history. */
export function write(view, values) {
  if (read().view !== view) {
    return; // it has been left meanwhile
  }

  const given = Object.entries(values).filter(([, value]) => value !== undefined && value !== null && value !== '');
  const text = given.map(([name, value]) => `${name}=${encodeURIComponent(value).replaceAll('%2C', ',').replaceAll('%2F', '/')}`).join('&');
  history.replaceState(null, '', `#/${view}${text ? `?${text}` : ''}`);
}
