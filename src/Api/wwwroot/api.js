// Everything that is asked of the service, and how a refusal is told.

import { toWire } from './logits.js';
import { mostAsked, orderOf, rowsOf } from './softmax.js';

const keyName = 'softmax-service-key';

/** What the service, or the way to it, refused. `detail` says what was wrong and what would be right. */
export class Problem extends Error {
  constructor({ title, detail, code, status, traceId, retryAfter }) {
    super(detail ?? title);
    Object.assign(this, { title, detail, code, status, traceId, retryAfter });
  }
}

export const apiKey = {
  get: () => sessionStorage.getItem(keyName),
  set: key => key ? sessionStorage.setItem(keyName, key) : sessionStorage.removeItem(keyName),
};

async function ask(path, { signal, ...request } = {}) {
  const headers = new Headers(request.headers);
  if (apiKey.get()) {
    headers.set('X-API-Key', apiKey.get());
  }

  let response;
  try {
    response = await fetch(path, { ...request, headers, signal });
  } catch (fault) {
    throw fault.name === 'AbortError' ? fault : new Problem({
      title: 'The service does not answer',
      detail: 'It may have ended, or the network is down. The page goes on as soon as it answers again.',
      code: 'unreachable',
    });
  }

  if (!response.ok) {
    throw await problemOf(response);
  }

  return response;
}

async function problemOf(response) {
  const said = await response.json().catch(() => ({}));
  return new Problem({
    title: said.title ?? `The service answered ${response.status}`,
    detail: said.detail,
    code: said.code ?? String(response.status),
    status: response.status,
    traceId: said.traceId,
    retryAfter: Number(response.headers.get('Retry-After')) || undefined,
  });
}

const query = parameters => {
  const given = Object.entries(parameters).filter(([, value]) => value !== undefined && value !== null && value !== '');
  return given.length === 0 ? '' : `?${new URLSearchParams(given)}`;
};

const postJson = async (path, body, signal) =>
  (await ask(path, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body), signal })).json();

/** @param {Blob} image One encoded image. */
export const classify = async (image, parameters, signal) =>
  (await ask(`classify${query(parameters)}`, { method: 'POST', headers: { 'Content-Type': 'application/octet-stream' }, body: image, signal })).json();

/** @param {Blob[]} images Encoded images; the answer has one result for each, in their order. */
export async function classifyAll(images, parameters, signal) {
  const form = new FormData();
  images.forEach((image, index) => form.append(`image${index}`, image, image.name || `image${index}`));
  const answer = await (await ask(`classify${query(parameters)}`, { method: 'POST', body: form, signal })).json();
  return answer.results ?? [answer];
}

/** What the model sees of an image: a PNG of its input's size. */
export const preprocess = async (image, parameters, signal) =>
  (await ask(`preprocess${query(parameters)}`, { method: 'POST', headers: { 'Content-Type': 'application/octet-stream' }, body: image, signal })).blob();

export const softmax = (body, signal) => postJson('softmax', body, signal);

const mostCurves = 100;

/**
 * The probabilities of the classes with the highest logits at many temperatures, evenly in log T: one request, with a temperature for each of its rows.
 * `classes` are the indices of those that the rows hold.
 */
export async function temperatureCurves(logits, signal) {
  const count = logits.length > mostAsked ? 31 : Math.max(12, Math.min(61, Math.floor(20_000 / logits.length)));
  const temperatures = Array.from({ length: count }, (_, i) => Number((0.05 * 400 ** (i / (count - 1))).toPrecision(6)));
  const order = orderOf(logits);
  const classes = order.length > mostCurves ? order.slice(0, mostCurves) : logits.map((_, index) => index);
  if (logits.length > mostAsked) {
    return { temperatures, classes, rows: rowsOf(logits, classes, temperatures) };
  }

  const row = toWire(logits);
  const answer = await softmax({ logits: temperatures.map(() => row), temperature: temperatures, topK: 1 }, signal);
  return { temperatures, classes, rows: answer.probabilities.map(all => classes.map(index => all[index])) };
}

export const gradient = (body, signal) => postJson('softmax/gradient', body, signal);

export const calibrate = (body, signal) => postJson('calibrate', body, signal);

export const models = async () => (await ask('models')).json();

export const model = async (name, version) => (await ask(`models/${encodeURIComponent(name)}/${encodeURIComponent(version)}`)).json();

/**
 * Asks again and again while its question changes, and shows answers in the order of the questions: one that comes after the answer of a later question is
 * dropped. Some may be under way at a time, so that a slow answer holds up no other; what is asked beyond that waits, and only the newest of it.
 */
export class Latest {
  #most;
  #asked = 0;
  #shown = 0;
  #waiting = null;
  #underWay = new Map();

  constructor(most = 3) {
    this.#most = most;
  }

  /**
   * @param {(signal: AbortSignal) => Promise} question
   * @param {(answer) => void} show
   * @param {(problem: Error) => void} fail
   */
  ask(question, show, fail) {
    this.#waiting = { question, show, fail, number: ++this.#asked };
    this.#next();
  }

  /** Whether the last question has been answered. */
  get isSettled() {
    return this.#shown === this.#asked;
  }

  /** Whatever is under way is of no interest any more. */
  forget() {
    this.#waiting = null;
    this.#settle(this.#asked);
  }

  #next() {
    if (this.#waiting && this.#underWay.size < this.#most) {
      const next = this.#waiting;
      this.#waiting = null;
      this.#run(next);
    }
  }

  async #run({ question, show, fail, number }) {
    const abort = new AbortController();
    this.#underWay.set(number, abort);
    try {
      this.#end(number, show, await question(abort.signal));
    } catch (fault) {
      this.#end(number, fail, fault);
    }
  }

  #end(number, tell, what) {
    this.#underWay.delete(number);
    if (number > this.#shown) {
      this.#settle(number);
      tell(what);
    }

    this.#next();
  }

  #settle(number) {
    this.#shown = number;
    for (const [older, abort] of this.#underWay) {
      if (older <= number) {
        this.#underWay.delete(older);
        abort.abort();
      }
    }
  }
}

/** Lets the last of many calls through, at most one in a while, and the first at once. */
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
