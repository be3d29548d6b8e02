// Requests to the service, and its errors.

import { toWire } from './logits.js';
import { maxRequestedClasses, orderOf, rowsOf } from './softmax.js';

const keyName = 'softmax-service-key';

/** An error of the service or of the connection. `detail` says what was wrong and what would be right. */
export class Problem extends Error {
  constructor({ title, detail, code, status, traceId, retryAfter }) {
    super(detail ?? title);
    Object.assign(this, { title, detail, code, status, traceId, retryAfter });
  }
}

export const apiKey = {
  get: () => sessionStorage.getItem(keyName),
  set: key => (key ? sessionStorage.setItem(keyName, key) : sessionStorage.removeItem(keyName)),
};

async function send(path, { signal, ...request } = {}) {
  const headers = new Headers(request.headers);
  if (apiKey.get()) {
    headers.set('X-API-Key', apiKey.get());
  }

  let response;
  try {
    response = await fetch(path, { ...request, headers, signal });
  } catch (fault) {
    throw fault.name === 'AbortError'
      ? fault
      : new Problem({
          title: 'The service does not respond',
          detail: 'It may have stopped, or the network is down. The page continues as soon as it responds again.',
          code: 'unreachable',
        });
  }

  if (!response.ok) {
    throw await problemOf(response);
  }

  return response;
}

async function problemOf(response) {
  const body = await response.json().catch(() => ({}));
  return new Problem({
    title: body.title ?? `The service responded with ${response.status}`,
    detail: body.detail,
    code: body.code ?? String(response.status),
    status: response.status,
    traceId: body.traceId,
    retryAfter: Number(response.headers.get('Retry-After')) || undefined,
  });
}

const query = parameters => {
  const given = Object.entries(parameters).filter(
    ([, value]) => value !== undefined && value !== null && value !== '',
  );
  return given.length === 0 ? '' : `?${new URLSearchParams(given)}`;
};

const postJson = async (path, body, signal) =>
  (
    await send(path, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
      signal,
    })
  ).json();

/** @param {Blob} image One encoded image. */
export const classify = async (image, parameters, signal) =>
  (
    await send(`classify${query(parameters)}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/octet-stream' },
      body: image,
      signal,
    })
  ).json();

/** @param {Blob[]} images Encoded images; the response has one result for each, in their order. */
export async function classifyAll(images, parameters, signal) {
  const form = new FormData();
  images.forEach((image, index) => form.append(`image${index}`, image, image.name || `image${index}`));
  const answer = await (await send(`classify${query(parameters)}`, { method: 'POST', body: form, signal })).json();
  return answer.results ?? [answer];
}

/** What the model sees of an image: a PNG of its input's size. */
export const preprocess = async (image, parameters, signal) =>
  (
    await send(`preprocess${query(parameters)}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/octet-stream' },
      body: image,
      signal,
    })
  ).blob();

export const softmax = (body, signal) => postJson('softmax', body, signal);

const maxCurves = 100;

/**
 * Probabilities of the classes with the highest logits at many temperatures, evenly spaced in log T: one request with a
 * temperature for each row. `classes` holds the indices of the classes in the rows.
 */
export async function temperatureCurves(logits, signal) {
  const count =
    logits.length > maxRequestedClasses ? 31 : Math.max(12, Math.min(61, Math.floor(20_000 / logits.length)));
  const temperatures = Array.from({ length: count }, (_, i) =>
    Number((0.05 * 400 ** (i / (count - 1))).toPrecision(6)),
  );
  const order = orderOf(logits);
  const classes = order.length > maxCurves ? order.slice(0, maxCurves) : logits.map((_, index) => index);
  if (logits.length > maxRequestedClasses) {
    return { temperatures, classes, rows: rowsOf(logits, classes, temperatures) };
  }

  const row = toWire(logits);
  const answer = await softmax({ logits: temperatures.map(() => row), temperature: temperatures, topK: 1 }, signal);
  return { temperatures, classes, rows: answer.probabilities.map(all => classes.map(index => all[index])) };
}

export const gradient = (body, signal) => postJson('softmax/gradient', body, signal);

export const calibrate = (body, signal) => postJson('calibrate', body, signal);

export const models = async () => (await send('models')).json();

export const model = async (name, version) =>
  (await send(`models/${encodeURIComponent(name)}/${encodeURIComponent(version)}`)).json();

/**
 * Sends a request whenever the question changes, and shows answers in the order of the questions: an answer that
 * arrives after that of a later question is dropped. Several requests may be in flight, so a slow one delays no other;
 * of those beyond that, only the newest waits.
 */
export class Latest {
  #maxInFlight;
  #newest = 0;
  #shown = 0;
  #waiting = null;
  #inFlight = new Map();

  constructor(maxInFlight = 3) {
    this.#maxInFlight = maxInFlight;
  }

  /**
   * @param {(signal: AbortSignal) => Promise} question
   * @param {(answer) => void} show
   * @param {(problem: Error) => void} fail
   */
  ask(question, show, fail) {
    this.#waiting = { question, show, fail, number: ++this.#newest };
    this.#next();
  }

  /** Whether the last question has been answered. */
  get isSettled() {
    return this.#shown === this.#newest;
  }

  /** Drops whatever is in flight. */
  forget() {
    this.#waiting = null;
    this.#settle(this.#newest);
  }

  #next() {
    if (this.#waiting && this.#inFlight.size < this.#maxInFlight) {
      const next = this.#waiting;
      this.#waiting = null;
      this.#run(next);
    }
  }

  async #run({ question, show, fail, number }) {
    const abort = new AbortController();
    this.#inFlight.set(number, abort);
    try {
      this.#end(number, show, await question(abort.signal));
    } catch (fault) {
      this.#end(number, fail, fault);
    }
  }

  #end(number, report, result) {
    this.#inFlight.delete(number);
    if (number > this.#shown) {
      this.#settle(number);
      report(result);
    }

    this.#next();
  }

  #settle(number) {
    this.#shown = number;
    for (const [older, abort] of this.#inFlight) {
      if (older <= number) {
        this.#inFlight.delete(older);
        abort.abort();
      }
    }
  }
}

/** Lets the first of many calls through at once and then the last one, at most one per interval. */
export function throttle(milliseconds, act) {
  let timer = null;
  let again = false;
  return function run() {
    if (timer) {
      again = true;
      return;
    }

    act();
    timer = setTimeout(() => {
      timer = null;
      if (again) {
        again = false;
        run();
      }
    }, milliseconds);
  };
}
