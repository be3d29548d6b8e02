// Softmax without a model: the results for typed logits, beside those of a softmax that does not subtract the maximum.
import { gradient, Latest, softmax, throttle } from './api.js';
import { $, clip, copy, eachFrame, el, percent, short, showProblem, titleOf } from './dom.js';
import { write } from './link.js';
import { parseNames, parseNumbers, toWire } from './logits.js';
import { TemperatureCurves } from './temperature-curves.js';

const slider = $('#lab-temperature');
const answers = new Latest();
const curves = new TemperatureCurves($('#lab-plot'), slider);
const maxLogits = 1000;
let offered = []; // labels in the list of targets

export function start() {
  for (const id of ['#logits', '#names']) {
    $(id).addEventListener('input', soon);
  }

  slider.addEventListener(
    'input',
    eachFrame(() => ask()),
  );
  $('#target').addEventListener('change', () => ask());
  $('#copy-curl').addEventListener('click', event => copy(event.target, $('#curl').textContent));
  for (const example of document.querySelectorAll('[data-logits]')) {
    example.addEventListener('click', () => {
      $('#logits').value = example.dataset.logits;
      ask();
    });
  }
}

export function enter(values) {
  $('#logits').value = values.get('logits') ?? ($('#logits').value || '1000, 0');
  $('#names').value = values.get('names') ?? (values.has('logits') ? '' : $('#names').value);
  slider.value = Number(values.get('T')) || (values.has('logits') ? 1 : slider.value);
  ask(Number(values.get('target')));
}

const soon = throttle(120, () => ask());

function readAll() {
  const logits = parseNumbers($('#logits').value);
  if (logits.length === 0) {
    throw new RangeError('There are no logits yet. Enter a number for each class, such as 2, 1, 0.1.');
  }

  if (logits.length > maxLogits) {
    throw new RangeError(
      `There are ${logits.length} logits; the lab shows at most ${maxLogits}. The service itself takes more.`,
    );
  }

  const names = parseNames($('#names').value);
  return { logits, labels: logits.map((_, index) => names[index] || String(index)) };
}

function ask(target = Number($('#target').value)) {
  let typed;
  try {
    typed = readAll();
  } catch (fault) {
    answers.forget();
    $('#lab-bars').clear();
    $('#lab-table tbody').replaceChildren();
    $('#curl').textContent = $('#lab-verdict').textContent = $('#naive-verdict').textContent = '';
    curves.clear();
    showProblem($('#lab-problem'), { title: 'These are not logits', detail: fault.message });
    return;
  }

  const { logits, labels } = typed;
  offerTargets(labels, target);
  const temperature = slider.value;
  target = Number($('#target').value);
  const row = toWire(logits);
  const body = { logits: row, temperature };
  $('#curl').textContent =
    `curl -s ${new URL('softmax', location.href.split('#')[0])} ` +
    `-H 'Content-Type: application/json' -d '${JSON.stringify(body)}'`;
  write('lab', {
    logits: row.join(','),
    T: short(temperature, 6),
    names: $('#names').value.trim(),
    target: target || null,
  });

  // A masked class has no gradient, but it has probabilities.
  answers.ask(
    signal =>
      Promise.all([
        softmax({ ...body, labels, topK: logits.length }, signal),
        Number.isFinite(logits[target]) ? gradient({ ...body, target }, signal) : null,
      ]),
    ([answer, slope]) => show(logits, labels, temperature, target, answer, slope),
    problem => showProblem($('#lab-problem'), problem, () => ask()),
  );
  curves.draw(logits, labels);
}

function offerTargets(labels, wanted) {
  if (labels.join('\n') !== offered.join('\n')) {
    $('#target').replaceChildren(
      ...labels.map((label, index) => el('option', { value: index, title: titleOf(label) }, clip(label))),
    );
    offered = labels;
  }

  $('#target').value = String(Math.min(wanted, labels.length - 1));
}

function show(logits, labels, temperature, target, answer, slope) {
  showProblem($('#lab-problem'), null);
  const naive = naiveSoftmax(logits, temperature);
  $('#lab-bars').show(answer.ranked.map(one => ({ ...one, logit: logits[one.index] })));
  const { entropy, margin, energy } = answer.uncertainty;
  const loss = slope ? `, cross-entropy for ${clip(labels[target])} ${short(slope.loss)} nats` : '';
  $('#lab-verdict').textContent =
    `Entropy ${short(entropy)} nats, margin ${percent(margin)}, energy ${short(energy)}${loss}`;
  $('#lab-table tbody').replaceChildren(
    ...logits.map((logit, index) =>
      el(
        'tr',
        {},
        el('th', { scope: 'row', title: labels[index] }, clip(labels[index])),
        el('td', {}, short(logit, 6)),
        el('td', {}, short(answer.probabilities[index], 6)),
        el('td', {}, short(answer.logProbabilities[index], 6)),
        el('td', {}, slope ? short(slope.gradient[index], 4) : '–'),
        el('td', { class: Number.isFinite(naive[index]) ? '' : 'bad' }, short(naive[index], 6)),
      ),
    ),
  );
  const worst = Math.max(...naive.map((p, index) => Math.abs(p - answer.probabilities[index])));
  $('#naive-verdict').textContent = naive.some(Number.isNaN)
    ? 'Without the subtraction, exp(z / T) leaves the range of a 32-bit float, and the result is not a number.'
    : worst > 1e-5
      ? `Without the subtraction, the result is off by ${short(worst, 2)}.`
      : 'Here the naive softmax agrees; try larger logits or a lower temperature.';
}

/** As many code bases have it: exp(z / T) over its sum in 32-bit floats, without subtracting the largest logit. */
function naiveSoftmax(logits, temperature) {
  const powers = logits.map(logit => Math.fround(Math.exp(Math.fround(logit / temperature))));
  const sum = powers.reduce((total, power) => Math.fround(total + power), 0);
  return powers.map(power => Math.fround(power / sum));
}
