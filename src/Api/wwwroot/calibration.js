// A model's calibration and its evidence, and the same for your own logits and labels.
import { calibrate, Latest, model as describe } from './api.js';
import { $, clip, el, percent, short, showProblem, table } from './dom.js';
import { write } from './link.js';
import { parseNumbers, toWire } from './logits.js';
import { confusionPlot, coveragePlot, reliabilityPlot } from './plots.js';

// As the end of an interval it means that the data cannot exclude any high temperature.
const largestFloat = 3.4e38;
const metrics = [
  ['accuracy', 'Accuracy', percent, 'the share of images whose most probable class is right, at any temperature'],
  ['ece', 'ECE', percent, 'expected calibration error: the average distance between confidence and accuracy'],
  ['adaptiveEce', 'ECE, equal counts', percent, 'the same over bins that hold equally many images'],
  ['classwiseEce', 'ECE, by class', percent, 'the same for the probability of each class'],
  ['mce', 'MCE', percent, 'maximum calibration error: the largest gap of any bin, however few images it holds'],
  ['nll', 'NLL', short, 'mean negative log-likelihood of the right class, in nats'],
  ['brier', 'Brier score', short, 'mean squared distance between probabilities and the truth'],
];

const answers = new Latest();
const fits = new Latest(1);
let chosen;

export function start(context) {
  chosen = context.chosen;
  $('#fit').addEventListener('click', fit);
  $('#rows-kind').addEventListener('change', () => $('#rows').value && fit());
  $('#rows-file').addEventListener('change', async event => {
    $('#rows').value = await event.target.files[0].text();
    event.target.value = '';
    fit();
  });
  $('#rows-example').addEventListener('click', () => {
    $('#rows').value = exampleRows();
    $('#rows-kind').value = 'logits';
    fit();
  });
}

export const enter = () => modelChanged();

export function modelChanged() {
  const { name, version } = chosen();
  write('calibration', { model: name, version });
  answers.ask(
    () => describe(name, version),
    model => {
      showProblem($('#calibration-problem'), null);
      $('#evidence').replaceChildren(...evidenceOf(model));
    },
    problem => {
      $('#evidence').replaceChildren();
      showProblem($('#calibration-problem'), problem, modelChanged);
    },
  );
}

function evidenceOf(model) {
  const parts = model.calibration
    ? [...findings(model.calibration, model.labels)]
    : [
        el(
          'div',
          { class: 'panel' },
          el('h2', {}, `${model.name} ${model.version} is not calibrated`),
          el(
            'p',
            {},
            'Its probabilities are softmax at temperature 1, which is often overconfident. ' +
              '`softmax calibrate` fits a temperature on labelled images; see docs/calibration.md.',
          ),
        ),
      ];
  return [...parts, card(model)];
}

function* findings(found, labels) {
  const interval = found.temperatureInterval;
  yield el(
    'div',
    { class: 'panel' },
    el('h2', {}, `Temperature ${short(found.temperature)}`),
    el(
      'p',
      {},
      [
        interval && `95 % interval ${short(interval.lower, 3)} to ${upperEnd(interval)}.`,
        found.count &&
          `Fitted on ${found.count.toLocaleString('en')} rows${found.dataset ? ` of ${found.dataset}` : ''}.`,
        found.temperature > 1
          ? 'Above 1: the model is overconfident, and its confidence is lowered.'
          : 'Below 1: the model is underconfident, and its confidence is raised.',
      ]
        .filter(Boolean)
        .join(' '),
    ),
    found.warnings?.length
      ? el(
          'ul',
          { class: 'warnings', 'aria-label': 'Warnings' },
          ...found.warnings.map(warning => el('li', {}, warning)),
        )
      : null,
    found.before && found.after
      ? el('div', { class: 'scroll', tabindex: '0', role: 'group', 'aria-label': 'Metrics' }, metricsTable(found))
      : null,
  );
  yield el('div', { class: 'plots' }, ...plotsOf(found, labels));
}

const upperEnd = interval => (interval.upper >= largestFloat ? 'any' : short(interval.upper, 3));

const contentOf = input =>
  input.foreground === 'none' ? `photographs, ${input.resize}` : `${input.foreground} ink on a plain ground`;

function* plotsOf(found, labels) {
  if (found.reliabilityBefore) {
    yield reliabilityPlot('Before: temperature 1', found.reliabilityBefore);
  }

  if (found.reliability) {
    yield reliabilityPlot(`After: temperature ${short(found.temperature, 3)}`, found.reliability);
  }

  if (found.predictionSets?.length > 1) {
    yield coveragePlot(found.predictionSets, labels.length);
  }

  if (found.confusion && found.confusion.length <= labels.length) {
    yield confusionPlot(found.confusion, labels);
  }
}

const metricsTable = found =>
  table(
    'Measured before and after, with 95 % intervals',
    ['metric', 'before (T = 1)', `after (T = ${short(found.temperature, 3)})`, 'meaning'],
    metrics
      .filter(([name]) => found.before[name] !== undefined)
      .map(([name, title, format, meaning]) => [
        title,
        withInterval(found.before, name, format),
        withInterval(found.after, name, format),
        meaning,
      ]),
  );

function withInterval(measured, name, format) {
  const interval = measured.intervals?.[name];
  return `${format(measured[name])}${interval ? ` [${format(interval.lower)}, ${format(interval.upper)}]` : ''}`;
}

/** What to know before trusting the model. */
function card(model) {
  const { input, output, batching } = model;
  const rows = [
    ['Description', model.description ?? '–'],
    ['Licence', model.license ?? '–'],
    [
      'Classes',
      `${model.labels.length}: ${model.labels
        .slice(0, 20)
        .map(label => clip(label))
        .join(', ')}${model.labels.length > 20 ? ', …' : ''}`,
    ],
    ['Input', `${input.width} × ${input.height}, ${input.color}, ${input.layout}; ${contentOf(input)}`],
    ['Output', `${output.kind}, from '${output.name}' (${output.reason})`],
    ['Batches', batching.refusal ?? `up to ${batching.maxBatchSize} images share a run`],
    ...model.warnings.map(warning => ['Warning', warning]),
    ...model.notes.map(note => ['Note', note]),
    ['Where that is stated', sourcesOf(model)],
    ...Object.entries(model.training ?? {}).map(([name, value]) => [
      `Training: ${name}`,
      typeof value === 'object' ? JSON.stringify(value) : String(value),
    ]),
  ];
  return el(
    'div',
    { class: 'panel' },
    el('h2', {}, 'Model card'),
    el(
      'div',
      { class: 'scroll', tabindex: '0', role: 'group', 'aria-label': 'Model card' },
      table(`${model.name} ${model.version}`, ['', ''], rows),
    ),
  );
}

/** The sources, each with the fields that come from it. */
function sourcesOf({ sources }) {
  const fields = new Map();
  for (const [field, source] of Object.entries(sources)) {
    fields.set(source, [...(fields.get(source) ?? []), field]);
  }
  return [...fields].map(([source, names]) => `${source}: ${names.join(', ')}`).join('; ');
}

function fit() {
  let body;
  try {
    body = readRows($('#rows').value);
  } catch (fault) {
    fits.forget();
    $('#fit-said').textContent = '';
    $('#fitted').replaceChildren();
    showProblem($('#fit-problem'), { title: 'The rows cannot be read', detail: fault.message });
    return;
  }

  $('#fitted').replaceChildren();
  $('#fit-said').textContent = `Fitting ${body.labels.length} rows …`;
  fits.ask(
    signal => calibrate(body, signal),
    found => {
      showProblem($('#fit-problem'), null);
      $('#fit-said').textContent = `Fitted to ${body.labels.length} rows: temperature ${short(found.temperature)}.`;
      $('#fitted').replaceChildren(
        ...findings(
          found,
          body.logits[0].map((_, index) => String(index)),
        ),
      );
    },
    problem => {
      $('#fit-said').textContent = '';
      showProblem($('#fit-problem'), problem, fit);
    },
  );
}

function readRows(text) {
  const lines = text
    .split(/\r?\n/)
    .map((line, index) => ({ line, number: index + 1 }))
    .filter(({ line }) => line.trim() !== '');
  if (lines.length > 0 && lines[0].line.split(/[\s,;]+/).every(cell => cell === '' || Number.isNaN(Number(cell)))) {
    lines.shift(); // a header
  }

  if (lines.length === 0) {
    throw new RangeError(
      'There are no rows. A row is the logits of an image and the index of its right class: 2.1, 0.3, -1.0, 0',
    );
  }

  const rows = lines.map(({ line, number }) => {
    const numbers = inLine(line, number);
    const label = numbers.pop();
    if (numbers.length < 2 || !Number.isInteger(label) || label < 0 || label >= numbers.length) {
      throw new RangeError(
        `Line ${number}: a row is at least two logits and then the index of the right class, ` +
          `0 to ${Math.max(1, numbers.length - 1)}; this one ends with ${label}.`,
      );
    }

    return { numbers, label, number };
  });
  const odd = rows.find(row => row.numbers.length !== rows[0].numbers.length);
  if (odd) {
    throw new RangeError(
      `Line ${odd.number} has ${odd.numbers.length} logits, the first has ${rows[0].numbers.length}.`,
    );
  }

  return {
    logits: rows.map(row => toWire(row.numbers)),
    labels: rows.map(row => row.label),
    kind: $('#rows-kind').value,
  };
}

function inLine(line, number) {
  try {
    return parseNumbers(line);
  } catch (fault) {
    throw new RangeError(`Line ${number}: ${fault.message}`);
  }
}

/** Two hundred rows of three classes from an overconfident model: right in four of five, and always certain. */
function exampleRows() {
  let state = 1;
  const random = () => {
    state = (state * 48271) % 2147483647; // Lehmer's generator, so that the example is always the same
    return state / 2147483647;
  };
  return Array.from({ length: 200 }, () => {
    const label = Math.floor(random() * 3);
    const answered = random() < 0.8 ? label : Math.floor(random() * 3);
    return [
      ...Array.from({ length: 3 }, (_, index) => ((index === answered ? 6 : 0) + 4 * random()).toFixed(2)),
      label,
    ].join(', ');
  }).join('\n');
}
