// Classifies a folder of images, a few at a time, and shows the results in a table.
import { classifyAll, Problem } from './api.js';
import { $, clip, download, el, percent, short, showProblem, takeDrops, titleOf } from './dom.js';
import { write } from './link.js';

// With more than 100 classes a response holds the ten most probable by default: enough for the table and the export.
const imagesPerRequest = 16;
const bytesPerRequest = 4_000_000; // well below the service's default limit
const parallelRequests = 2;
const maxAttempts = 20; // of a request that a busy service rejects
const maxRows = 500; // shown in the table; all are exported
const isImage = file => file.type.startsWith('image/') || /\.(png|jpe?g|webp|gif|bmp|ico)$/i.test(file.name);

let chosen;
let entries = [];
let abort = null;
let runsAgain = false; // once the cancelled requests have ended
let sort = { by: 'name', descending: false };

export function start(context) {
  chosen = context.chosen;
  for (const id of ['#folder', '#images']) {
    $(id).addEventListener('change', event => {
      add([...event.target.files].map(file => ({ file, name: file.webkitRelativePath || file.name })));
      event.target.value = '';
    });
  }

  takeDrops($('#batch-drop'), async transfer => add(await filesIn(transfer)));
  $('#batch-cancel').addEventListener('click', () => abort?.abort());
  $('#batch-resume').addEventListener('click', run);
  $('#batch-clear').addEventListener('click', clear);
  $('#batch-threshold').addEventListener('input', show);
  for (const id of ['#batch-class', '#batch-show', '#batch-least']) {
    $(id).addEventListener('input', show);
  }

  for (const head of document.querySelectorAll('#batch-table [data-sort]')) {
    head.addEventListener('click', () => {
      sort = { by: head.dataset.sort, descending: sort.by === head.dataset.sort && !sort.descending };
      show();
    });
  }

  $('#batch-csv').addEventListener('click', () => download('answers.csv', 'text/csv', toCsv(entries)));
  $('#batch-json').addEventListener('click', () =>
    download('answers.json', 'application/json', JSON.stringify(entries.map(toRecord), null, 2)),
  );
}

export function enter() {
  const { name, version } = chosen();
  write('batch', { model: name, version });
}

/** Results stay: each records the model it came from. */
export const modelChanged = enter;

async function filesIn(transfer) {
  const roots = [...transfer.items].map(item => item.webkitGetAsEntry?.()).filter(Boolean);
  const found = [];
  for (const root of roots) {
    await walk(root, found);
  }

  return found;
}

async function walk(entry, found) {
  if (entry.isFile) {
    const file = await new Promise((done, fail) => entry.file(done, fail));
    found.push({ file, name: entry.fullPath.replace(/^\//, '') });
    return;
  }

  const reader = entry.createReader();
  for (let some; (some = await new Promise((done, fail) => reader.readEntries(done, fail))).length > 0;) {
    for (const one of some) {
      await walk(one, found);
    }
  }
}

function add(files) {
  const images = files.filter(({ file }) => isImage(file));
  if (images.length === 0) {
    showProblem($('#batch-problem'), {
      title: 'There is no image among these files',
      detail: 'The service reads PNG, JPEG, WebP, GIF, BMP and ICO.',
    });
    return;
  }

  entries.push(...images.map(({ file, name }) => ({ file, name, url: URL.createObjectURL(file) })));
  run();
}

async function run() {
  if (abort) {
    runsAgain = abort.signal.aborted; // otherwise the running workers pick up what was added
    return;
  }

  abort = new AbortController();
  showProblem($('#batch-problem'), null);
  $('#batch-running').hidden = false;
  show();
  try {
    await Promise.all(Array.from({ length: parallelRequests }, () => work(abort.signal)));
  } catch (problem) {
    if (problem.name !== 'AbortError') {
      abort.abort();
      showProblem($('#batch-problem'), problem, run);
    }
  } finally {
    entries.forEach(entry => {
      entry.isRequested = entry.isRequested && isDone(entry);
    });
    abort = null;
    $('#batch-running').hidden = true;
    show();
    if (runsAgain) {
      runsAgain = false;
      run();
    }
  }
}

const isDone = entry => !!(entry.answer || entry.problem);

async function work(signal) {
  for (let share; (share = nextShare()).length > 0;) {
    const { name, version } = chosen();
    const results = await classifyWithRetries(
      share.map(entry => entry.file),
      { model: name, version },
      signal,
    );
    share.forEach((entry, index) => {
      const { error, ...answer } = results[index];
      Object.assign(entry, error ? { problem: error } : { answer }, { model: `${name}/${version}` });
    });
    soonShow();
  }
}

function nextShare() {
  const share = [];
  let bytes = 0;
  for (const entry of entries.filter(one => !one.isRequested)) {
    if (share.length > 0 && (share.length === imagesPerRequest || bytes + entry.file.size > bytesPerRequest)) {
      break;
    }

    entry.isRequested = true;
    bytes += entry.file.size;
    share.push(entry);
  }

  return share;
}

/** A busy service says when to retry; an image that is rejected on its own fails in its row. */
async function classifyWithRetries(images, where, signal) {
  for (let attempt = 1; ; attempt++) {
    try {
      return await classifyAll(images, where, signal);
    } catch (problem) {
      if (problem instanceof Problem && images.length === 1 && [400, 413, 415, 422].includes(problem.status)) {
        return [
          { error: { code: problem.code, status: problem.status, title: problem.title, detail: problem.detail } },
        ];
      }

      if (!(problem instanceof Problem) || ![429, 503].includes(problem.status) || attempt === maxAttempts) {
        throw problem;
      }

      const seconds = problem.retryAfter ?? 1;
      $('#batch-count').textContent = `${problem.title}; retrying in ${seconds} s`;
      await wait(seconds * 1000, signal);
    }
  }
}

const wait = (milliseconds, signal) =>
  new Promise((done, fail) => {
    const timer = setTimeout(done, milliseconds);
    signal.addEventListener(
      'abort',
      () => {
        clearTimeout(timer);
        fail(signal.reason);
      },
      { once: true },
    );
  });

function clear() {
  abort?.abort();
  entries.forEach(entry => URL.revokeObjectURL(entry.url));
  entries = [];
  show();
}

const stateOf = entry =>
  entry.problem
    ? 'failed'
    : !entry.answer
      ? 'waiting'
      : entry.answer.predictions[0].probability < Number($('#batch-threshold').value)
        ? 'abstained'
        : 'answered';

function toRecord(entry) {
  const first = entry.answer?.predictions[0];
  return {
    name: entry.name,
    model: entry.model,
    state: stateOf(entry),
    label: first?.label,
    probability: first?.probability,
    entropy: entry.answer?.uncertainty.entropy,
    margin: entry.answer?.uncertainty.margin,
    energy: entry.answer?.uncertainty.energy,
    problem: entry.problem?.detail,
    predictions: entry.answer?.predictions,
  };
}

const columns = ['name', 'model', 'state', 'label', 'probability', 'entropy', 'margin', 'energy', 'problem'];

function toCsv(all) {
  // A spreadsheet would run a cell that begins like a formula.
  const cell = value =>
    value === undefined
      ? ''
      : typeof value === 'number'
        ? String(value)
        : `"${String(value)
            .replace(/^(?=[=+\-@\t\r])/, "'")
            .replaceAll('"', '""')}"`;
  return [
    columns.join(','),
    ...all.map(toRecord).map(record => columns.map(column => cell(record[column])).join(',')),
  ].join('\r\n');
}

let redraw = null;

function soonShow() {
  redraw ??= requestAnimationFrame(() => {
    redraw = null;
    show();
  });
}

function show() {
  const done = entries.filter(isDone).length;
  $('#batch-results').hidden = entries.length === 0;
  $('#batch-resume').hidden = abort !== null || done === entries.length;
  $('#batch-progress').max = entries.length;
  $('#batch-progress').value = done;
  $('#batch-count').textContent = `${done} of ${entries.length}`;

  const all = entries.map(entry => ({ entry, ...toRecord(entry) }));
  offerClasses(all);
  const [label, state, least] = [$('#batch-class').value, $('#batch-show').value, Number($('#batch-least').value)];
  const wanted = all.filter(
    one =>
      (!label || one.label === label) &&
      (!state || one.state === state) &&
      (!(least > 0) || one.probability >= least),
  );
  wanted.sort((a, b) => compare(a[sort.by], b[sort.by]) * (sort.descending ? -1 : 1));
  for (const head of document.querySelectorAll('#batch-table [data-sort]')) {
    head.setAttribute(
      'aria-sort',
      head.dataset.sort !== sort.by ? 'none' : sort.descending ? 'descending' : 'ascending',
    );
  }

  const cut = wanted.length > maxRows ? `, the first ${maxRows} shown` : '';
  const progress = done < entries.length && !abort ? `${entries.length - done} not requested` : `${done} done`;
  $('#batch-caption').textContent = `${wanted.length} of ${entries.length} images${cut}; ${progress}`;
  $('#batch-table tbody').replaceChildren(...wanted.slice(0, maxRows).map(rowOf));
}

const compare = (a, b) =>
  a === undefined
    ? 1
    : b === undefined
      ? -1
      : typeof a === 'number'
        ? a - b
        : String(a).localeCompare(String(b), 'en', { numeric: true });

function offerClasses(all) {
  const before = $('#batch-class').value;
  const labels = [...new Set(all.map(one => one.label).filter(Boolean))].sort((a, b) =>
    a.localeCompare(b, 'en', { numeric: true }),
  );
  if (
    labels.join('\n') !==
    [...$('#batch-class').options]
      .slice(1)
      .map(option => option.value)
      .join('\n')
  ) {
    $('#batch-class').replaceChildren(
      el('option', { value: '' }, 'all'),
      ...labels.map(label => el('option', { value: label, title: titleOf(label) }, clip(label))),
    );
    $('#batch-class').value = labels.includes(before) ? before : '';
  }
}

function rowOf({ entry, name, state, label, probability, entropy, problem }) {
  entry.row ??= el('tr');
  entry.thumbnail ??= el('img', {
    src: entry.url,
    alt: '',
    width: 40,
    height: 40,
    loading: 'lazy',
    decoding: 'async',
  });
  entry.row.replaceChildren(
    el('td', {}, entry.thumbnail),
    el('th', { scope: 'row' }, name),
    el('td', { title: label && titleOf(label) }, label ? clip(label) : '–'),
    el('td', {}, probability === undefined ? '–' : percent(probability)),
    el('td', {}, entropy === undefined ? '–' : short(entropy, 3)),
    el(
      'td',
      { class: state, title: problem ?? '' },
      state === 'abstained' ? 'I don’t know' : state,
      problem ? el('span', { class: 'fine' }, ` ${problem}`) : null,
    ),
  );
  return entry.row;
}
