import { el, short } from './dom.js';

const lowest = 0.05;
const highest = 20;
const steps = 1000; // of the slider, evenly spaced in log T
const marks = [0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20];

const positionOf = temperature => Math.log(temperature / lowest) / Math.log(highest / lowest);
const temperatureAt = position => lowest * (highest / lowest) ** position;

/** A logarithmic slider for T from 0.05 to 20, with the calibrated T marked. It raises `input` for each change. */
class TemperatureSlider extends HTMLElement {
  #value = 1;
  #calibrated = null;
  #range;
  #number;
  #mark;
  #reset;

  connectedCallback() {
    if (this.#range) {
      return;
    }

    const id = `${this.id || 'temperature'}-range`;
    this.#range = el('input', {
      type: 'range',
      id,
      min: 0,
      max: steps,
      step: 1,
      oninput: () => this.#choose(temperatureAt(this.#range.value / steps), 4),
    });
    this.#number = el('input', {
      type: 'number',
      'aria-label': 'Temperature as a number',
      min: lowest,
      max: highest,
      step: 'any',
      onchange: () => this.#type(),
    });
    this.#mark = el('span', { class: 'calibrated-mark', hidden: true, 'aria-hidden': 'true' }, '▲ calibrated');
    this.#reset = el(
      'button',
      { type: 'button', class: 'quiet', hidden: true, onclick: () => this.#choose(this.#calibrated) },
      '',
    );
    const scale = el(
      'div',
      { class: 'scale', 'aria-hidden': 'true' },
      ...marks.map(mark => {
        const label = el('span', {}, String(mark));
        label.style.setProperty('--position', positionOf(mark));
        return label;
      }),
    );
    this.append(
      el('div', { class: 'row' }, el('label', { for: id }, 'Temperature T'), this.#number, this.#reset),
      el('div', { class: 'track' }, this.#range, scale, this.#mark),
    );
    this.#show();
  }

  get value() {
    return this.#value;
  }

  set value(temperature) {
    this.#value = Math.min(highest, Math.max(lowest, temperature));
    this.#show();
  }

  get calibrated() {
    return this.#calibrated;
  }

  /** The fitted T, or null where the model has none. */
  set calibrated(temperature) {
    this.#calibrated = temperature ?? null;
    this.#show();
  }

  #type() {
    const typed = this.#number.valueAsNumber;
    if (typed > 0) {
      this.#choose(typed);
    } else {
      this.#show();
    }
  }

  #choose(temperature, digits = 9) {
    this.value = Number(temperature.toPrecision(digits));
    this.dispatchEvent(new Event('input'));
  }

  #show() {
    if (!this.#range) {
      return;
    }

    const isCalibrated = this.#calibrated !== null && Math.abs(this.#value / this.#calibrated - 1) < 1e-3;
    this.#range.value = Math.round(positionOf(this.#value) * steps);
    this.#range.setAttribute('aria-valuetext', `${short(this.#value)}${isCalibrated ? ', calibrated' : ''}`);
    this.#number.value = short(this.#value);
    this.#mark.hidden = this.#calibrated === null;
    this.#reset.hidden = this.#calibrated === null || isCalibrated;
    this.#reset.textContent = `Back to the calibrated ${short(this.#calibrated ?? 1, 3)}`;
    if (this.#calibrated !== null) {
      this.#mark.style.setProperty('--position', positionOf(Math.min(highest, Math.max(lowest, this.#calibrated))));
    }
  }
}

customElements.define('temperature-slider', TemperatureSlider);
