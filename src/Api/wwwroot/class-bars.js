import { clip, el, percent, short, titleOf } from './dom.js';

const initialCount = 10;

/** Ranked classes as bars. A class keeps its element while its rank changes, so its bar moves and does not flicker. */
class ClassBars extends HTMLElement {
  #list = el('ol', { class: 'bars' });
  #more = el('button', { type: 'button', class: 'quiet', hidden: true, onclick: () => this.#showAll() });
  #items = new Map();
  #showsAll = false;
  #ranked = [];

  connectedCallback() {
    if (!this.#list.isConnected) {
      this.#list.setAttribute('aria-label', this.getAttribute('label') ?? 'Classes, the most probable first');
      this.append(this.#list, this.#more);
    }
  }

  /** @param {{ index, label, probability, logit? }[]} ranked The most probable first. */
  show(ranked) {
    this.#ranked = ranked;
    const shown = this.#showsAll ? ranked : ranked.slice(0, initialCount);
    this.#list.replaceChildren(...shown.map((one, rank) => this.#itemFor(one, rank)));
    this.#more.hidden = this.#showsAll || ranked.length <= initialCount;
    this.#more.textContent = `Show ${ranked.length} classes`;
  }

  clear() {
    this.#items.clear();
    this.show([]);
  }

  #itemFor({ index, label, probability, logit }, rank) {
    let item = this.#items.get(index);
    if (!item) {
      const name = el('span', { class: 'name' });
      const fill = el('span', { class: 'fill' });
      const value = el('span', { class: 'value' });
      item = {
        name,
        fill,
        value,
        element: el('li', {}, name, el('span', { class: 'bar', 'aria-hidden': 'true' }, fill), value),
      };
      this.#items.set(index, item);
    }

    item.element.dataset.index = index;
    item.element.dataset.probability = probability;
    item.element.classList.toggle('first', rank === 0);
    item.element.title = logit === undefined ? '' : `logit ${short(Number(logit), 6)}`;
    item.name.textContent = clip(label);
    item.name.title = titleOf(label) ?? '';
    item.value.textContent = percent(probability);
    item.fill.style.setProperty('--share', probability);
    return item.element;
  }

  #showAll() {
    this.#showsAll = true;
    this.show(this.#ranked);
  }
}

customElements.define('class-bars', ClassBars);
