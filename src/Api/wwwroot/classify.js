// The first view: an image in, ranked classes out, and the temperature in between to adjust.
import { classify, Latest, model as describe, preprocess, softmax, throttle } from './api.js';
import { $, clip, copy, eachFrame, el, percent, short, showProblem, takeDrops, titleOf } from './dom.js';
import { flush, write } from './link.js';
import { namesText, parseNumbers, toWire } from './logits.js';
import { samplesFor } from './samples.js';
import { maxRequestedClasses, orderOf, ranking } from './softmax.js';
import { TemperatureCurves } from './temperature-curves.js';

const pad = $('#pad');
const slider = $('#classify-temperature');
const bars = $('#classify-bars');
const answers = new Latest();
const rankings = new Latest();
const views = new Latest();
const curves = new TemperatureCurves($('#temperature-plot'), slider);
const maxLinkedLogits = 100;
const maxChips = 100; // of a prediction set
const noSet = 'none'; // in an address

let chosen;
let model = null; // as GET /models/{name}/{version} describes it
let uses = 0; // models selected so far: only the last one counts
let picture = null; // the chosen file; without one the drawing counts
let logits = null; // of the last image, by class
let order = null; // classes by logit, where there are too many to request each temperature
let top = null; // the class ranked first
let changes = 0; // of the image so far: only the last one counts
let isChanged = false; // since the last request

export function start(context) {
  chosen = context.chosen;
  pad.addEventListener('input', () => {
    usePicture(null);
    isChanged = true;
    showBusy();
    live();
  });
  $('#undo').addEventListener('click', () => {
    if (picture === null) {
      pad.undo();
    } else {
      usePicture(null);
      run();
    }
  });
  $('#clear').addEventListener('click', () => {
    usePicture(null);
    pad.clear();
  });
  $('#brush').addEventListener('input', event => {
    pad.brush = event.target.valueAsNumber;
  });
  $('#file').addEventListener('change', event => {
    give(event.target.files[0]);
    event.target.value = '';
  });
  $('#picture').addEventListener('error', () => {
    $('#picture').hidden = true;
  }); // what the browser cannot show, the service may still read
  const rankSoon = eachFrame(rank);
  slider.addEventListener('input', () => {
    if (logits !== null) {
      $('#verdict').setAttribute('aria-busy', 'true'); // until the next frame, which sends the request
    }

    rankSoon();
  });
  $('#threshold').addEventListener('input', () => {
    showThreshold();
    showVerdict();
    remember();
  });
  $('#coverage').addEventListener('change', () => {
    remember();
    if (hasImage()) {
      run(); // a set needs an image
    }
  });
  $('#share').addEventListener('click', event => {
    flush();
    copy(event.target, location.href);
  });
  $('#to-lab').addEventListener('click', () => {
    const names = encodeURIComponent(namesText(model.labels));
    location.hash = `#/lab?logits=${toWire(logits).join(',')}&T=${slider.value}&names=${names}`;
  });
  addEventListener('paste', event => {
    const file = [...(event.clipboardData?.files ?? [])].find(one => one.type.startsWith('image/'));
    if (file && !$('#view-classify').hidden) {
      give(file);
    }
  });
  takeDrops($('#drop'), transfer => give(transfer.files[0]));
}

export async function enter(values) {
  $('#threshold').value = values.get('threshold') ?? $('#threshold').value;
  showThreshold();
  if (!(await useModel(Number(values.get('T')) || null, values.get('alpha')))) {
    return;
  }

  const linked = values.get('logits');
  if (linked && linked !== linkOf(logits)) {
    usePicture(null);
    showLinked(linked);
  } else if (logits === null && hasImage()) {
    run();
  } else {
    curves.move();
    rank();
  }
}

export const modelChanged = async () => {
  if (await useModel(null, null)) {
    run();
  }
};

async function useModel(temperature, alpha) {
  const now = chosen();
  const use = ++uses;
  if (model?.name !== now.name || model?.version !== now.version) {
    showNothing();
    let described;
    try {
      described = await describe(now.name, now.version);
    } catch (problem) {
      if (use === uses) {
        showProblem($('#classify-problem'), problem, modelChanged);
      }

      return false;
    }

    if (use !== uses) {
      return false; // another was chosen meanwhile, or the same one again
    }

    model = described;
    slider.calibrated = model.calibration?.temperature ?? null;
    slider.value = temperature ?? slider.calibrated ?? 1;
    offerCoverages();
    offerSamples();
  } else if (temperature) {
    slider.value = temperature;
  }

  const coverage = alpha === noSet ? '' : alpha;
  if (coverage !== null && [...$('#coverage').options].some(option => option.value === coverage)) {
    $('#coverage').value = coverage;
  }

  remember();
  return true;
}

const hasImage = () => picture !== null || !pad.isEmpty;

const linkOf = row => (row && row.length <= maxLinkedLogits ? toWire(row).join(',') : null);

function offerCoverages() {
  const alphas = Object.keys(model.calibration?.conformal?.quantiles ?? {}).sort((a, b) => b - a);
  const before = $('#coverage').value;
  $('#coverage').replaceChildren(
    el('option', { value: '' }, alphas.length === 0 ? 'none: not calibrated' : 'no set'),
    ...alphas.map(alpha => el('option', { value: alpha }, `${short(100 * (1 - alpha))} % of cases`)),
  );
  $('#coverage').disabled = alphas.length === 0;
  $('#coverage').value = alphas.includes(before) ? before : (alphas.find(alpha => Number(alpha) === 0.05) ?? '');
}

function offerSamples() {
  $('#samples').replaceChildren(
    ...samplesFor(model.input).map(sample =>
      el(
        'button',
        {
          type: 'button',
          class: 'sample',
          'aria-label': `Sample: ${sample.name}`,
          title: sample.name,
          onclick: () => giveSample(sample),
        },
        sample.thumbnail(),
      ),
    ),
  );
}

async function giveSample(sample) {
  const change = ++changes;
  isChanged = true;
  showBusy();
  const blob = await sample.toBlob();
  if (change === changes) {
    give(blob);
  }
}

function give(file) {
  if (file) {
    usePicture(file);
    run();
  }
}

function usePicture(file) {
  changes++;
  if (file === null && picture === null) {
    return;
  }

  URL.revokeObjectURL($('#picture').src);
  picture = file;
  $('#picture').hidden = !file;
  pad.hidden = !!file;
  if (file) {
    $('#picture').src = URL.createObjectURL(file);
  } else {
    $('#picture').removeAttribute('src');
  }
}

/** While a stroke is drawn, the prediction keeps up with it. */
const live = throttle(80, run);

function run() {
  isChanged = false;
  if (!hasImage()) {
    showNothing();
    return;
  }

  const selected = chosen();
  const image = picture ? Promise.resolve(picture) : pad.toBlob();
  const where = { model: selected.name, version: selected.version };
  answers.ask(
    async signal =>
      classify(
        await image,
        { ...where, temperature: slider.value, topK: model.labels.length, alpha: $('#coverage').value },
        signal,
      ),
    answer => {
      if (answer.model === model.name && answer.version === model.version) {
        showAnswer(answer);
      }
    },
    showFault,
  );
  showBusy();
  views.ask(
    async signal => preprocess(await image, where, signal),
    showSeen,
    () => {
      $('#seen-figure').hidden = true;
    },
  );
}

function showBusy() {
  $('#verdict').setAttribute('aria-busy', String(isChanged || !answers.isSettled || !rankings.isSettled));
}

function showAnswer(answer) {
  rankings.forget(); // of the previous image
  showProblem($('#classify-problem'), null);
  logits = [];
  answer.predictions.forEach(({ index, logit }) => {
    logits[index] = Number(logit);
  });
  order = logits.length > maxRequestedClasses ? answer.predictions.map(one => one.index) : null;
  showSet(answer.predictionSet);
  if (Math.abs(answer.temperature.value / slider.value - 1) < 1e-4) {
    showRanking(answer.predictions, answer.uncertainty);
  } else {
    rank(); // the slider has moved since
  }

  showBusy();
  curves.draw(logits, model.labels);
}

function showFault(problem) {
  if (answers.isSettled) {
    // otherwise a later image still has its response to come
    showNothing();
    $('#verdict').textContent = 'No result';
    showProblem($('#classify-problem'), problem, run);
  }
}

function showNothing() {
  logits = order = top = null;
  answers.forget();
  rankings.forget();
  views.forget();
  curves.clear();
  bars.clear();
  $('#verdict').textContent = 'No image yet';
  $('#verdict').classList.remove('unsure');
  for (const id of ['#classify-measures', '#classify-note', '#known', '#set', '#seen-figure', '#to-lab']) {
    $(id).hidden = true;
  }

  showProblem($('#classify-problem'), null);
  showBusy();
  remember();
}

/** Another temperature needs no further run of the model: the logits go to /softmax. */
function rank() {
  remember();
  if (logits === null) {
    return;
  }

  const temperature = slider.value;
  if (order !== null) {
    const { ranked, uncertainty } = ranking(logits, order, model.labels, temperature, maxRequestedClasses);
    showRanking(ranked, uncertainty);
    return;
  }

  rankings.ask(
    signal => softmax({ logits: toWire(logits), temperature, topK: logits.length }, signal),
    answer =>
      showRanking(
        answer.ranked.map(one => ({ ...one, label: model.labels[one.index] })),
        answer.uncertainty,
      ),
    problem => {
      showProblem($('#classify-problem'), problem, rank);
      showBusy();
    },
  );
  showBusy();
}

function showRanking(ranked, uncertainty) {
  if (logits === null) {
    return;
  }

  top = ranked[0];
  bars.show(ranked.slice(0, maxRequestedClasses).map(one => ({ ...one, logit: logits[one.index] })));
  $('#classify-measures').hidden = false;
  $('#to-lab').hidden = order !== null; // the lab shows no more than that
  $('#classify-note').hidden = order === null;
  $('#classify-note').textContent =
    order &&
    `The list holds the ${maxRequestedClasses.toLocaleString('en')} most probable of ` +
      `${logits.length.toLocaleString('en')} classes. With so many, the page computes softmax itself.`;
  $('#entropy').textContent = `${short(uncertainty.entropy)} nats`;
  $('#margin').textContent = percent(uncertainty.margin);
  $('#energy').textContent = short(uncertainty.energy);
  const known = model.calibration?.energy;
  $('#known').hidden = !known;
  $('#known').textContent =
    known &&
    `At the calibrated temperature, ${percent(known.truePositiveRate, 0)} of the images used for calibration have an ` +
      `energy of at most ${short(known.threshold)}; there, a higher energy may mean a different kind of image.`;
  showVerdict();
  showBusy();
  remember();
}

function showVerdict() {
  if (logits === null || top === null) {
    return;
  }

  const abstains = top.probability < $('#threshold').valueAsNumber;
  $('#verdict').classList.toggle('unsure', abstains);
  $('#verdict').textContent = abstains
    ? `I don’t know (at best ${clip(top.label)}, ${percent(top.probability, 1)})`
    : `${clip(top.label)}, ${percent(top.probability, 1)}`;
  $('#verdict').title = titleOf(top.label) ?? '';
}

function showThreshold() {
  const threshold = $('#threshold').valueAsNumber;
  $('#threshold-value').textContent = threshold === 0 ? 'never' : percent(threshold, 0);
  $('#threshold').setAttribute('aria-valuetext', $('#threshold-value').textContent);
}

function showSet(set) {
  $('#set').hidden = !set;
  if (set) {
    $('#set').replaceChildren(
      `With ${short(100 * (1 - set.alpha))} % coverage: `,
      ...set.labels
        .slice(0, maxChips)
        .map(label => el('span', { class: 'chip', title: titleOf(label) }, clip(label))),
      set.labels.length > maxChips ? `and ${(set.labels.length - maxChips).toLocaleString('en')} more` : '',
      el(
        'span',
        { class: 'fine' },
        ` by ${set.method.toUpperCase()} at the calibrated temperature, whatever the slider says`,
      ),
    );
  }
}

function showSeen(png) {
  const image = $('#seen');
  URL.revokeObjectURL(image.src);
  image.src = URL.createObjectURL(png);
  $('#seen-size').textContent =
    `${model.input.width} × ${model.input.height} pixels${model.input.color === 'gray' ? ', grey' : ''}`;
  $('#seen-figure').hidden = false;
}

/** A link holds logits, not the image. */
function showLinked(text) {
  try {
    const linked = parseNumbers(text);
    showNothing();
    if (linked.length !== model.labels.length) {
      throw new RangeError(
        `The link holds ${linked.length} logits; ${model.name} has ${model.labels.length} classes.`,
      );
    }

    logits = linked;
    order = logits.length > maxRequestedClasses ? orderOf(logits) : null;
    rank();
    curves.draw(logits, model.labels);
  } catch (fault) {
    showProblem($('#classify-problem'), { title: 'The link is damaged', detail: fault.message });
  }
}

function remember() {
  write('classify', {
    model: model?.name,
    version: model?.version,
    T: short(slider.value, 6),
    threshold: $('#threshold').valueAsNumber || null,
    alpha: $('#coverage').value || noSet,
    logits: linkOf(logits),
  });
}
