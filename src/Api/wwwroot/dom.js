// Creates and fills elements. Text is always set as text, never as markup.

export const svgNamespace = 'http://www.w3.org/2000/svg';

export const $ = (selector, within = document) => within.querySelector(selector);

/**
 * Creates an element: `el('p', { class: 'note' }, 'some ', el('b', {}, 'text'))`. Properties that start with `on` are
 * listeners.
 */
export const el = (name, attributes = {}, ...children) => fill(document.createElement(name), attributes, children);

export const svg = (name, attributes = {}, ...children) =>
  fill(document.createElementNS(svgNamespace, name), attributes, children);

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith('on')) {
      element.addEventListener(name.slice(2), value);
    } else if (value === true) {
      element.setAttribute(name, '');
    } else if (value !== false && value !== null && value !== undefined) {
      element.setAttribute(name, value);
    }
  }

  element.append(...children.filter(child => child !== null && child !== undefined));
  return element;
}

/** A label, or the beginning of a long one; whoever shows it puts the whole label into the title. */
export const clip = (label, most = 40) =>
  label.length > most ? `${label.slice(0, most).replace(/[\uD800-\uDBFF]$/, '')}…` : label;

/** The attribute that goes with a clipped label. */
export const titleOf = label => (clip(label) === label ? null : label);

/**
 * A canvas as a PNG. It is encoded at once: `canvas.toBlob` waits until the browser is idle, which takes seconds on a
 * busy computer.
 */
export const toPng = canvas =>
  new Blob([Uint8Array.from(atob(canvas.toDataURL('image/png').split(',')[1]), byte => byte.charCodeAt(0))], {
    type: 'image/png',
  });

/** Lets only the last of many calls through, when the next frame is drawn. */
export function eachFrame(act) {
  let scheduled = 0;
  return () => {
    scheduled ||= requestAnimationFrame(() => {
      scheduled = 0;
      act();
    });
  };
}

/** A table with a caption, for people who cannot see the plot of the same numbers. */
export function table(caption, heads, rows) {
  return el(
    'table',
    {},
    el('caption', {}, caption),
    el('thead', {}, el('tr', {}, ...heads.map(head => el('th', { scope: 'col' }, head)))),
    el(
      'tbody',
      {},
      ...rows.map(([first, ...others]) =>
        el('tr', {}, el('th', { scope: 'row' }, first), ...others.map(cell => el('td', {}, cell))),
      ),
    ),
  );
}

/** A plot with its title, and its numbers behind a fold. */
export const figure = (title, drawing, numbers) =>
  el(
    'figure',
    {},
    el('figcaption', {}, title),
    el('div', { class: 'plot' }, drawing),
    el(
      'details',
      {},
      el('summary', {}, 'The numbers as a table'),
      el('div', { class: 'scroll', tabindex: '0', role: 'group', 'aria-label': `${title}, the numbers` }, numbers),
    ),
  );

/** Shows a problem, or clears the place where it would be. */
export function showProblem(place, problem, tryAgain) {
  place.replaceChildren();
  place.hidden = !problem;
  if (!problem) {
    return;
  }

  place.append(el('strong', {}, problem.title ?? 'The page failed'), el('p', {}, problem.detail ?? problem.message));
  const more = [problem.code, problem.traceId && `trace ${problem.traceId}`].filter(Boolean).join(' · ');
  if (more) {
    place.append(el('p', { class: 'fine' }, more));
  }

  if (problem.status === 401 || problem.status === 403) {
    place.append(el('button', { type: 'button', onclick: () => $('#key-dialog').showModal() }, 'Enter an API key'));
  } else if (tryAgain && (problem.status === undefined || problem.status === 429 || problem.status >= 500)) {
    place.append(el('button', { type: 'button', onclick: tryAgain }, 'Try again'));
  }
}

export const percent = (p, digits = 2) => {
  if (!Number.isFinite(p)) {
    return String(p);
  }

  const shown = (100 * p).toFixed(digits);
  return p > 0 && Number(shown) === 0 ? `< ${(10 ** -digits).toFixed(digits)} %` : `${shown} %`;
};

/** Handles drops on an element, which shows that it accepts them. */
export function takeDrops(place, take) {
  place.addEventListener('dragover', event => {
    event.preventDefault();
    place.classList.add('over');
  });
  place.addEventListener('dragleave', () => place.classList.remove('over'));
  place.addEventListener('drop', event => {
    event.preventDefault();
    place.classList.remove('over');
    take(event.dataTransfer);
  });
}

/** A number in at most `digits` significant digits, without trailing zeros. */
export const short = (value, digits = 4) => {
  if (typeof value !== 'number' || !Number.isFinite(value)) {
    return String(value);
  }

  return Math.abs(value) >= 1e6 || (value !== 0 && Math.abs(value) < 1e-4)
    ? value.toExponential(digits - 1)
    : String(Number(value.toPrecision(digits)));
};

/** Puts a text on the clipboard and says so on the button that was pressed. */
export async function copy(button, text) {
  const label = button.textContent;
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = 'Copied';
  } catch {
    button.textContent = 'Not allowed here';
  }

  setTimeout(() => {
    button.textContent = label;
  }, 1500);
}

/** Hands a text to the browser as a file. */
export function download(name, type, text) {
  const url = URL.createObjectURL(new Blob([text], { type }));
  el('a', { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
