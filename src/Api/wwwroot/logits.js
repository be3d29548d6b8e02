// Logits and the names of their classes as they are typed, and as they travel: JSON has no infinity, so that a masked class is the string "-Infinity".

/** The numbers in a text, split by commas, semicolons or white space; a class is masked by -Infinity. */
export function parseNumbers(text) {
  return text.replace(/[[\]"']/g, ' ').split(/[\s,;]+/).filter(Boolean).map(word => {
    const number = /^-inf(inity)?$/i.test(word) ? -Infinity : Number(word);
    if (Number.isNaN(number) || number === Infinity) {
      throw new RangeError(`“${word}” is not a number. Logits are numbers, split by commas or spaces; -Infinity masks a class.`);
    }

    return number;
  });
}

/** Logits as the service takes them. */
export const toWire = logits => logits.map(logit => logit === -Infinity ? '-Infinity' : logit);

/** The names in a text, split by commas; one that holds a comma itself stands in double quotes, as in CSV. */
export const parseNames = text => [...text.matchAll(/\s*(?:"((?:[^"]|"")*)"\s*|([^,]*))(?:,|$)/g)]
  .map(([, quoted, plain]) => quoted === undefined ? plain.trim() : quoted.replaceAll('""', '"'));

/** Names as they would be typed. */
export const namesText = names => names.map(name => /^\s|[",]|\s$/.test(name) ? `"${name.replaceAll('"', '""')}"` : name).join(', ');
