import { clip, el, figure, percent, short, svg, table, titleOf } from './dom.js';

const margin = { left: 52, right: 12, top: 12, bottom: 40 };
const maxLines = 8; // as many as there are colours that colour-blind people can tell apart

/** Axes with ticks and titles, and the functions that turn values into positions. */
function frame({ width, height, xTicks, yTicks, xTitle, yTitle, xOf, yOf }) {
  const inner = { width: width - margin.left - margin.right, height: height - margin.top - margin.bottom };
  const x = value => margin.left + xOf(value) * inner.width;
  const y = value => margin.top + (1 - yOf(value)) * inner.height;
  const drawing = svg('svg', { viewBox: `0 0 ${width} ${height}`, role: 'img' });
  const bottom = margin.top + inner.height;
  for (const [value, text] of xTicks) {
    drawing.append(
      svg('line', { class: 'grid', x1: x(value), x2: x(value), y1: margin.top, y2: bottom }),
      svg('text', { class: 'tick', x: x(value), y: bottom + 16, 'text-anchor': 'middle' }, text),
    );
  }

  for (const [value, text] of yTicks) {
    drawing.append(
      svg('line', { class: 'grid', x1: margin.left, x2: width - margin.right, y1: y(value), y2: y(value) }),
      svg('text', { class: 'tick', x: margin.left - 6, y: y(value) + 4, 'text-anchor': 'end' }, text),
    );
  }

  const middle = margin.top + inner.height / 2;
  drawing.append(
    svg('text', { class: 'axis', x: margin.left + inner.width / 2, y: height - 6, 'text-anchor': 'middle' }, xTitle),
    svg(
      'text',
      { class: 'axis', x: 12, y: middle, 'text-anchor': 'middle', transform: `rotate(-90 12 ${middle})` },
      yTitle,
    ),
  );
  return { drawing, x, y };
}

const hundredths = [0, 0.2, 0.4, 0.6, 0.8, 1].map(value => [value, `${Math.round(value * 100)}`]);
const share = value => value;
const labelled = (drawing, text) => {
  drawing.setAttribute('aria-label', text);
  return drawing;
};

/**
 * The probability of each class against T. The most probable classes are coloured and named, the others thin and grey.
 * @param {number[]} temperatures Ascending.
 * @param {number[][]} rows Probabilities, a row for each temperature.
 * @param {number} others How many other classes there are; together they have what is left of 1.
 */
export function temperaturePlot(temperatures, rows, labels, calibrated, others = 0) {
  const [low, high] = [temperatures[0], temperatures.at(-1)];
  const xOf = value => Math.log(value / low) / Math.log(high / low);
  const { drawing, x, y } = frame({
    width: 440,
    height: 280,
    xOf,
    yOf: share,
    yTicks: hundredths,
    xTitle: 'temperature T (logarithmic)',
    yTitle: 'probability, %',
    xTicks: [0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20].map(value => [value, String(value)]),
  });
  const order = labels.map((_, index) => index).sort((a, b) => peak(b) - peak(a));
  const named = order.slice(0, maxLines);
  for (const index of order.toReversed()) {
    const rank = named.indexOf(index);
    const points = rows.map((row, i) => `${x(temperatures[i]).toFixed(1)},${y(row[index]).toFixed(1)}`).join(' ');
    drawing.append(
      svg(
        'polyline',
        { class: rank < 0 ? 'line other' : `line line-${rank}`, points },
        svg('title', {}, labels[index]),
      ),
    );
  }

  if (others > 0) {
    const points = rows
      .map(
        (row, i) =>
          `${x(temperatures[i]).toFixed(1)},${y(Math.max(0, 1 - row.reduce((sum, p) => sum + p, 0))).toFixed(1)}`,
      )
      .join(' ');
    drawing.append(
      svg('polyline', { class: 'line rest', points }, svg('title', {}, `the other ${others} classes together`)),
    );
  }

  if (calibrated) {
    drawing.append(
      svg(
        'line',
        { class: 'calibrated', x1: x(calibrated), x2: x(calibrated), y1: y(0), y2: y(1) },
        svg('title', {}, `calibrated T, ${short(calibrated)}`),
      ),
    );
  }

  const now = svg('line', { class: 'now', y1: y(0), y2: y(1) });
  drawing.append(now);
  labelled(drawing, `Probability of each class against temperature, from ${low} to ${high}.`);

  const legend = el(
    'ul',
    { class: 'legend', 'aria-label': 'Lines of the plot' },
    ...named.map((index, rank) =>
      el('li', { class: `line-${rank}`, title: titleOf(labels[index]) }, clip(labels[index])),
    ),
  );
  const every = Math.ceil(temperatures.length / 12);
  const shown = temperatures.map((_, i) => i).filter(i => i % every === 0);
  const numbers = table(
    'Probability of each class at some temperatures',
    ['class', ...shown.map(i => `T ${short(temperatures[i], 3)}`)],
    order.slice(0, 50).map(index => [clip(labels[index]), ...shown.map(i => percent(rows[i][index], 1))]),
  );
  const whole = figure(
    others > 0 ? 'Class probabilities against T' : 'All class probabilities against T',
    el('div', {}, drawing, legend),
    numbers,
  );
  return {
    element: whole,
    moveTo(temperature) {
      const place = x(Math.min(high, Math.max(low, temperature)));
      now.setAttribute('x1', place);
      now.setAttribute('x2', place);
    },
  };

  // At high temperatures all classes are alike and at low ones only one remains: rank classes by their highest point.
  function peak(index) {
    return Math.max(...rows.map(row => row[index]));
  }
}

/**
 * Accuracy against confidence: bars of accuracy, the gap to the diagonal hatched, and how many images each bar stands
 * for.
 */
export function reliabilityPlot(title, bins) {
  const { drawing, x, y } = frame({
    width: 360,
    height: 320,
    xOf: share,
    yOf: share,
    xTicks: hundredths,
    yTicks: hundredths,
    xTitle: 'confidence, %',
    yTitle: 'accuracy, %',
  });
  const most = Math.max(1, ...bins.map(bin => bin.count));
  for (const bin of bins.filter(one => one.count > 0)) {
    const [left, right] = [x(bin.lower) + 1, x(bin.upper) - 1];
    const top = Math.max(bin.accuracy, bin.confidence);
    const gap = Math.abs(bin.accuracy - bin.confidence);
    drawing.append(
      svg(
        'g',
        {},
        svg(
          'title',
          {},
          `${percent(bin.lower, 0)} to ${percent(bin.upper, 0)}: ${bin.count} images, ` +
            `confidence ${percent(bin.confidence)}, accuracy ${percent(bin.accuracy)}`,
        ),
        svg('rect', {
          class: 'accuracy',
          x: left,
          width: Math.max(1, right - left),
          y: y(bin.accuracy),
          height: y(0) - y(bin.accuracy),
        }),
        svg('rect', {
          class: bin.confidence > bin.accuracy ? 'gap over' : 'gap under',
          x: left,
          width: Math.max(1, right - left),
          y: y(top),
          height: y(top - gap) - y(top),
        }),
        svg('rect', {
          class: 'count',
          x: left,
          width: Math.max(1, right - left),
          y: y(0) - (12 * bin.count) / most,
          height: (12 * bin.count) / most,
        }),
      ),
    );
  }

  drawing.append(svg('line', { class: 'ideal', x1: x(0), y1: y(0), x2: x(1), y2: y(1) }));
  labelled(
    drawing,
    `${title}: accuracy against confidence in ${bins.length} bins. The diagonal is perfect calibration.`,
  );
  const numbers = table(
    title,
    ['confidence bin', 'images', 'mean confidence', 'accuracy'],
    bins
      .filter(bin => bin.count > 0)
      .map(bin => [
        `${percent(bin.lower, 1)} – ${percent(bin.upper, 1)}`,
        bin.count,
        percent(bin.confidence),
        percent(bin.accuracy),
      ]),
  );
  return figure(title, drawing, numbers);
}

/** What coverage costs: the mean size of prediction sets at each coverage. */
export function coveragePlot(sets, classCount) {
  const largest = Math.min(classCount, Math.max(2, Math.ceil(Math.max(...sets.map(set => set.meanSize)))));
  const lowest = Math.min(0.7, ...sets.map(set => Math.floor(set.coverage * 10) / 10));
  const step = (1 - lowest) / 5;
  const { drawing, x, y } = frame({
    width: 360,
    height: 320,
    xOf: size => (size - 0.8) / (largest - 0.8),
    yOf: coverage => (coverage - lowest) / (1 - lowest),
    xTicks: Array.from(
      { length: Math.min(largest, 10) },
      (_, i) => 1 + Math.round((i * (largest - 1)) / Math.max(1, Math.min(largest, 10) - 1)),
    ).map(size => [size, String(size)]),
    yTicks: Array.from({ length: 6 }, (_, i) => [lowest + i * step, (100 * (lowest + i * step)).toFixed(0)]),
    xTitle: 'mean size of a set, classes',
    yTitle: 'coverage, %',
  });
  const ascending = sets.toSorted((a, b) => a.coverage - b.coverage);
  drawing.append(
    svg('polyline', {
      class: 'line line-0',
      points: ascending.map(set => `${x(set.meanSize)},${y(set.coverage)}`).join(' '),
    }),
  );
  ascending.forEach(set =>
    drawing.append(
      svg(
        'circle',
        { class: 'dot', cx: x(set.meanSize), cy: y(set.coverage), r: 4 },
        svg(
          'title',
          {},
          `requested ${percent(1 - set.alpha, 1)}: coverage ${percent(set.coverage)}, ${short(set.meanSize)} classes`,
        ),
      ),
    ),
  );
  const title = 'Coverage against the size of prediction sets';
  labelled(drawing, `${title}.`);
  return figure(
    title,
    drawing,
    table(
      title,
      ['requested coverage', 'coverage', 'mean size, classes'],
      ascending.map(set => [percent(1 - set.alpha, 1), percent(set.coverage), short(set.meanSize)]),
    ),
  );
}

/** Images of each true class by predicted class. */
export function confusionPlot(matrix, labels) {
  const title = 'Confusion matrix';
  const cell = matrix.length > 20 ? 12 : 34;
  const longest = Math.max(...labels.map(label => label.length));
  const left = 30 + Math.min(longest, 14) * 7;
  const size = matrix.length * cell;
  const top = 30 + (matrix.length > 20 ? 0 : Math.min(longest, 14) * 5);
  const drawing = svg('svg', {
    viewBox: `0 0 ${left + size + 10} ${top + size + 30}`,
    role: 'img',
    class: 'confusion',
  });
  const showsText = matrix.length <= 20;
  matrix.forEach((row, actual) => {
    const total = Math.max(
      1,
      row.reduce((sum, count) => sum + count, 0),
    );
    const middle = top + (actual + 0.5) * cell;
    if (showsText) {
      drawing.append(
        svg('text', { class: 'tick', x: left - 6, y: middle + 4, 'text-anchor': 'end' }, labels[actual].slice(0, 14)),
        svg(
          'text',
          { class: 'tick', transform: `translate(${left + (actual + 0.5) * cell + 4} ${top - 6}) rotate(-45)` },
          labels[actual].slice(0, 14),
        ),
      );
    }

    row.forEach((count, predicted) => {
      const place = { x: left + predicted * cell, y: top + actual * cell };
      const portion = count / total;
      const box = svg(
        'rect',
        {
          ...place,
          width: cell - 1,
          height: cell - 1,
          class: actual === predicted ? 'right' : 'wrong',
          'fill-opacity': count === 0 ? 0.04 : (0.15 + 0.85 * Math.sqrt(portion)).toFixed(3),
        },
        svg('title', {}, `${count} images of ${clip(labels[actual])} predicted as ${clip(labels[predicted])}`),
      );
      drawing.append(box);
      if (showsText && count > 0) {
        drawing.append(
          svg(
            'text',
            {
              class: portion > 0.3 ? 'cell strong' : 'cell',
              x: place.x + cell / 2,
              y: middle + 4,
              'text-anchor': 'middle',
            },
            String(count),
          ),
        );
      }
    });
  });
  drawing.append(
    svg(
      'text',
      { class: 'axis', x: left + size / 2, y: top + size + 20, 'text-anchor': 'middle' },
      'predicted class',
    ),
    svg(
      'text',
      {
        class: 'axis',
        x: 12,
        y: top + size / 2,
        'text-anchor': 'middle',
        transform: `rotate(-90 12 ${top + size / 2})`,
      },
      'true class',
    ),
  );
  labelled(drawing, `${title}: images of each true class, in rows, by predicted class, in columns.`);
  return figure(
    title,
    drawing,
    table(
      title,
      ['true class', ...labels.map(label => clip(label))],
      matrix.map((row, actual) => [clip(labels[actual]), ...row]),
    ),
  );
}
