// A view's plot of all probabilities against T: requested when the logits change, and only moved along when T does.
import { Latest, temperatureCurves } from './api.js';
import { $, el } from './dom.js';
import { temperaturePlot } from './plots.js';

export class TemperatureCurves {
  #container;
  #slider;
  #questions = new Latest(1);
  #drawn = null; // what the plot shows
  #plot = null;

  /**
   * @param {Element} container Where the plot is drawn.
   * @param slider The temperature, with the calibrated one if there is one.
   */
  constructor(container, slider) {
    this.#container = container;
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
        const isOpen = !!$('details', this.#container)?.open;
        const others = logits.length - classes.length;
        this.#plot = temperaturePlot(
          temperatures,
          rows,
          classes.map(index => labels[index]),
          this.#slider.calibrated,
          others,
        );
        this.#container.replaceChildren(this.#plot.element);
        if (others > 0) {
          this.#container.append(
            el(
              'p',
              { class: 'fine plot-note' },
              `The ${classes.length} classes with the highest logits are drawn one by one; ` +
                `the other ${others.toLocaleString('en')} are one line together, the dotted grey one.`,
            ),
          );
        }

        $('details', this.#container).open = isOpen;
        this.move();
      },
      () => {
        this.#drawn = null;
      },
    ); // the error is shown in container of the result
  }

  clear() {
    this.#questions.forget();
    this.#drawn = this.#plot = null;
    this.#container.replaceChildren();
  }
}
