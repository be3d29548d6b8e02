// The plot of all probabilities against T in a view: asked for when the logits change, and no more than moved along when T does.
import { Latest, temperatureCurves } from './api.js';
import { $, el } from './dom.js';
import { temperaturePlot } from './plots.js';

export class TemperatureCurves {
  #place;
  #slider;
  #questions = new Latest(1);
  #drawn = null; // what the plot is of
  #plot = null;

  /** @param {Element} place Where it is drawn. @param slider The temperature, and the calibrated one where there is one. */
  constructor(place, slider) {
    this.#place = place;
    this.#slider = slider;
    slider.addEventListener('input', () => this.move());
  }

  move() {
    this.#plot?.moveTo(this.#slider.value);
  }

  draw(logits, labels) {
    const what = `${logits}|${labels}`;
    if (what === this.#drawn) {
      this.move();
      return;
    }

    this.#drawn = what;
    this.#questions.ask(
      signal => temperatureCurves(logits, signal),
      ({ temperatures, classes, rows }) => {
        const isOpen = !!$('details', this.#place)?.open;
        const others = logits.length - classes.length;
        this.#plot = temperaturePlot(temperatures, rows, classes.map(index => labels[index]), this.#slider.calibrated, others);
        this.#place.replaceChildren(this.#plot.element);
        if (others > 0) {
          this.#place.append(el('p', { class: 'fine plot-note' }, `Drawn one by one are the ${classes.length} classes with the highest logits; the other ${others.toLocaleString('en')} are one line together, the dotted grey one.`));
        }

        $('details', this.#place).open = isOpen;
        this.move();
      },
      () => { this.#drawn = null; }); // what is wrong is told where the answer would be
  }

  clear() {
    this.#questions.forget();
    this.#drawn = this.#plot = null;
    this.#place.replaceChildren();
  }
}
