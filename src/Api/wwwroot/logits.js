// Logits and class names, as typed and as JSON, which has no infinity: a masked class is the string "-Infinity".

/** The numbers in a text, separated by commas, semicolons or white space; -Infinity masks a class. */
export function parseNumbers(text) {
  return text
    .replace(/[[\]"']/g, ' ')
    .split(/[\s,;]+/)
    .filter(Boolean)
    .map(word => {
      const number = /^-inf(inity)?$/i.test(word) ? -Infinity : Number(word);
      if (Number.isNaN(number) || number === Infinity) {
        throw new RangeError(
          `“${word}” is not a number. Logits are numbers, separated by commas or spaces; -Infinity masks a class.`,
        );
      }

      return number;
    });
}

/** Logits as the service expects them. */
export const toWire = logits => logits.map(logit => (logit === -Infinity ? '-Infinity' : logit));

/** The names in a text, separated by commas; a name with a comma is in double quotes, as in CSV. */
export const parseNames = text =>
  [...text.matchAll(/\s*(?:"((?:[^"]|"")*)"\s*|([^,]*))(?:,|$)/g)].map(([, quoted, plain]) =>
    quoted === undefined ? plain.trim() : quoted.replaceAll('""', '"'),
  );

/** Names as one would type them. */
export const namesText = names =>
  names.map(name => (/^\s|[",]|\s$/.test(name) ? `"${name.replaceAll('"', '""')}"` : name)).join(', ');
