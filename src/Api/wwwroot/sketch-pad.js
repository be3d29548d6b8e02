import { el, toPng } from './dom.js';

const side = 280; // pixels of the drawing, whatever size it is displayed at
const keyStep = 8;

/**
 * A square to draw on with a mouse, a finger, a pen or the arrow keys. It raises `input` for each change, with
 * `detail: 'end'` at the end of a stroke.
 */
class SketchPad extends HTMLElement {
  #canvas = el('canvas', { width: side, height: side, tabindex: '0', role: 'application' });
  #cursor = el('span', { class: 'pen', hidden: true, 'aria-hidden': 'true' });
  #strokes = [];
  #pointer = null;
  #pen = { x: side / 2, y: side / 2, isDown: false };
  brush = 20;

  connectedCallback() {
    if (this.#canvas.isConnected) {
      return;
    }

    this.#canvas.setAttribute('aria-label', 'Drawing area. Arrow keys move the pen, space lowers or lifts it.');
    this.append(this.#canvas, this.#cursor);
    this.#canvas.addEventListener('pointerdown', event => this.#begin(event));
    this.#canvas.addEventListener('pointermove', event => this.#move(event));
    this.#canvas.addEventListener('pointerup', event => this.#end(event));
    this.#canvas.addEventListener('pointercancel', event => this.#end(event));
    this.#canvas.addEventListener('keydown', event => this.#key(event));
    this.#canvas.addEventListener('blur', () => {
      this.#pen.isDown = false;
      this.#cursor.hidden = true;
    });
    this.#draw();
  }

  get isEmpty() {
    return this.#strokes.length === 0;
  }

  undo() {
    this.#pointer = null;
    this.#strokes.pop();
    this.#changed('end');
  }

  clear() {
    this.#pointer = null;
    this.#strokes = [];
    this.#changed('end');
  }

  /** @returns {Blob} The drawing as a PNG, dark on white. */
  toBlob() {
    return toPng(this.#canvas);
  }

  #pointOf(event) {
    const { left, top, width, height } = this.#canvas.getBoundingClientRect();
    return { x: ((event.clientX - left) * side) / width, y: ((event.clientY - top) * side) / height };
  }

  #begin(event) {
    if (this.#pointer !== null || event.button > 0) {
      return;
    }

    event.preventDefault();
    this.#canvas.focus({ preventScroll: true });
    this.#cursor.hidden = true;
    this.#pointer = event.pointerId;
    this.#canvas.setPointerCapture(event.pointerId);
    this.#strokes.push({ width: this.brush, points: [this.#pointOf(event)] });
    this.#changed();
  }

  #move(event) {
    if (event.pointerId === this.#pointer) {
      const all = event.getCoalescedEvents?.() ?? [];
      this.#strokes.at(-1).points.push(...(all.length > 0 ? all : [event]).map(one => this.#pointOf(one)));
      this.#changed();
    }
  }

  #end(event) {
    if (event.pointerId === this.#pointer) {
      this.#pointer = null;
      this.#changed('end');
    }
  }

  #key(event) {
    const [dx, dy] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key] ?? [
      0, 0,
    ];
    if (event.key === ' ' || event.key === 'Enter') {
      this.#pen.isDown = !this.#pen.isDown;
      if (this.#pen.isDown) {
        this.#strokes.push({ width: this.brush, points: [{ ...this.#pen }] });
      }
    } else if (dx || dy) {
      this.#pen.x = Math.min(side, Math.max(0, this.#pen.x + dx * keyStep));
      this.#pen.y = Math.min(side, Math.max(0, this.#pen.y + dy * keyStep));
      if (this.#pen.isDown) {
        this.#strokes.at(-1).points.push({ ...this.#pen });
      }
    } else {
      return;
    }

    event.preventDefault();
    this.#cursor.hidden = false;
    this.#cursor.classList.toggle('down', this.#pen.isDown);
    this.#cursor.style.setProperty('--x', this.#pen.x / side);
    this.#cursor.style.setProperty('--y', this.#pen.y / side);
    this.#changed(this.#pen.isDown ? undefined : 'end');
  }

  #changed(detail) {
    this.#draw();
    this.dispatchEvent(new CustomEvent('input', { detail }));
  }

  #draw() {
    const pen = this.#canvas.getContext('2d');
    pen.fillStyle = '#fff';
    pen.fillRect(0, 0, side, side);
    pen.strokeStyle = '#111';
    pen.fillStyle = '#111';
    pen.lineCap = pen.lineJoin = 'round';
    for (const { width, points } of this.#strokes) {
      pen.lineWidth = width;
      pen.beginPath();
      pen.moveTo(points[0].x, points[0].y);
      points.forEach(({ x, y }) => pen.lineTo(x, y));
      pen.stroke();
    }
  }
}

customElements.define('sketch-pad', SketchPad);
