// Softmax in the page, in 64-bit floats, for so many classes that sending their logits at each step of the slider would
// be too slow.

/** With more classes than this, the page computes softmax instead of requesting it. */
export const maxRequestedClasses = 1000;

/** Classes by their logit, the highest first: the order of their probabilities at every temperature. */
export const orderOf = logits => logits.map((_, index) => index).sort((a, b) => logits[b] - logits[a] || a - b);

/** exp((z − max) / T), summed over all classes, and individually for the named ones. */
function powersOf(logits, named, largest, temperature) {
  let [sum, weighted] = [0, 0];
  for (const logit of logits) {
    const exponent = (logit - largest) / temperature;
    const power = Math.exp(exponent);
    sum += power;
    weighted += power > 0 ? power * exponent : 0;
  }

  return { sum, weighted, powers: named.map(index => Math.exp((logits[index] - largest) / temperature)) };
}

/** The first classes of an order with their probabilities, and the measures of all. */
export function ranking(logits, order, labels, temperature, most) {
  const first = order.slice(0, most);
  const largest = logits[order[0]];
  const { sum, weighted, powers } = powersOf(logits, first, largest, temperature);
  return {
    ranked: first.map((index, rank) => ({ index, label: labels[index], probability: powers[rank] / sum })),
    uncertainty: {
      entropy: Math.max(0, Math.log(sum) - weighted / sum),
      margin: (powers[0] - (powers[1] ?? 0)) / sum,
      energy: -(temperature * Math.log(sum)) - largest,
    },
  };
}

/** Probabilities of the first classes of an order, a row for each temperature. */
export function rowsOf(logits, first, temperatures) {
  const largest = logits[first[0]];
  return temperatures.map(temperature => {
    const { sum, powers } = powersOf(logits, first, largest, temperature);
    return powers.map(power => power / sum);
  });
}
