// The page: views are sections of index.html, each with a module of its own, and the address selects the one shown.
import { apiKey, models, Problem } from './api.js';
import { $, el, showProblem } from './dom.js';
import { read } from './link.js';
import './class-bars.js';
import './sketch-pad.js';
import './temperature-slider.js';
import * as classify from './classify.js';

const views = {
  classify: async () => classify,
  lab: () => import('./lab.js'),
  calibration: () => import('./calibration.js'),
  batch: () => import('./batch.js'),
};
const started = new Map();
const choice = $('#model');
let catalog = null;
let shown = null; // the module of the view that is shown

/** The model chosen for all views. */
const chosen = () => {
  const [name, version] = choice.value.split('/');
  return name ? { name, version } : null;
};

async function loadModels() {
  offer(await models());
  const first = catalog.models.findLast(model => model.name === catalog.defaultModel);
  if (first) {
    choice.value = nameOf(first);
  }

  if (catalog.models.length === 0) {
    const { failures } = catalog;
    catalog = null; // so that it is requested again
    throw new Problem({
      title: 'No model is loaded',
      detail:
        failures.length > 0
          ? failures.map(failure => `${failure.name} ${failure.version}: ${failure.reason}`).join(' ')
          : 'Put a folder with a model.onnx into the model folder; it is loaded within seconds.',
    });
  }
}

const nameOf = model => `${model.name}/${model.version}`;

function offer(found) {
  catalog = found;
  const names = [...new Set(catalog.models.map(model => model.name))];
  choice.replaceChildren(
    ...names.map(name =>
      el(
        'optgroup',
        { label: name },
        ...catalog.models
          .filter(model => model.name === name)
          .toReversed()
          .map(model => el('option', { value: nameOf(model) }, `${model.name} ${model.version}`)),
      ),
    ),
  );
}

/**
 * Models come and go while the page is open; whoever returns to it finds the current ones. Where the chosen one is gone
 * the list stays, and the responses say what happened.
 */
async function refreshModels() {
  const found = catalog && (await models().catch(() => null));
  if (
    found &&
    catalog &&
    found.models.map(nameOf).join() !== catalog.models.map(nameOf).join() &&
    found.models.some(model => nameOf(model) === choice.value)
  ) {
    const before = choice.value;
    offer(found);
    choice.value = before;
  }
}

const viewNow = () => (Object.hasOwn(views, read().view) ? read().view : 'classify');

async function show() {
  const { values } = read();
  const name = viewNow();
  shown = null;
  for (const section of document.querySelectorAll('main > section')) {
    section.hidden = section.id !== `view-${name}`;
  }

  for (const link of document.querySelectorAll('nav a')) {
    if (link.getAttribute('href') === `#/${name}`) {
      link.setAttribute('aria-current', 'page');
    } else {
      link.removeAttribute('aria-current');
    }
  }

  $('#model-choice').hidden = name === 'lab';
  document.title = `${$(`#title-${name}`).textContent} · SoftmaxService`;
  try {
    if (name !== 'lab' && catalog === null) {
      await loadModels();
    }

    await select(values.get('model'), values.get('version'));
    if (!started.has(name)) {
      started.set(
        name,
        views[name]().then(module => {
          module.start({ chosen });
          return module;
        }),
      );
    }

    const module = await started.get(name);
    if (viewNow() === name) {
      shown = module;
      showProblem($('#problem'), null);
      await module.enter(values);
    }
  } catch (problem) {
    showProblem($('#problem'), problem, show);
  }
}

async function select(name, version) {
  if (!name || !catalog) {
    return;
  }

  const find = () => catalog.models.findLast(model => model.name === name && (!version || model.version === version));
  if (!find()) {
    await refreshModels();
  }

  const found = find();
  if (!found) {
    throw new Problem({
      title: 'The link names a model that is not served',
      detail: `There is no ${name}${version ? ` ${version}` : ''} here. Choose one of the models above.`,
    });
  }

  choice.value = nameOf(found);
}

function useTheme(theme) {
  document.documentElement.dataset.theme = theme;
  $('#theme').setAttribute('aria-label', `Colours: ${theme === 'auto' ? 'as in the system' : theme}`);
  $('#theme').firstChild.textContent = { auto: '◐', light: '☀', dark: '☾' }[theme];
}

// A browser may forbid a page to store anything.
function kept() {
  try {
    return localStorage.getItem('theme');
  } catch {
    return null;
  }
}

function keep(theme) {
  try {
    localStorage.setItem('theme', theme);
  } catch {
    // Then the theme lasts until the page is closed.
  }
}

const themes = ['auto', 'light', 'dark'];
useTheme(themes.find(theme => theme === kept()) ?? 'auto');
$('#theme').addEventListener('click', () => {
  const next = themes[(themes.indexOf(document.documentElement.dataset.theme) + 1) % themes.length];
  keep(next);
  useTheme(next);
});

$('#key-use').addEventListener('click', () => {
  apiKey.set($('#key').value.trim());
  $('#key').value = '';
  $('#key-dialog').close();
  show();
});
$('#key').addEventListener('keydown', event => event.key === 'Enter' && $('#key-use').click());
$('#key-close').addEventListener('click', () => $('#key-dialog').close());
$('.skip').addEventListener('click', event => {
  event.preventDefault();
  $('#content').focus();
});
choice.addEventListener('change', () => {
  if (shown) {
    shown.modelChanged?.();
  } else {
    location.hash = `#/${viewNow()}?model=${encodeURIComponent(chosen().name)}&version=${chosen().version}`;
  }
});
addEventListener('hashchange', show);
addEventListener('focus', refreshModels);
choice.addEventListener('focus', refreshModels);
show();
