/** A pattern and its replacement. */
type Rule = readonly [RegExp, string | ((...groups: string[]) => string)];

/** Commands around a text that do not change it; `\hspace{1em}` and its like are dropped with what they hold. */
const wrapper =
  /\\(?:text\w*|math\w+|boxed|framebox|fbox|mbox|hbox|emph|operatorname\*?|boldsymbol|bm|bold|underline|ensuremath)\s*\{([^{}]*)\}/g;

/** The order matters: an earlier rule takes a text of which a later one would match a part. */
const rules: readonly Rule[] = [
  [/\\\\/g, ' '],
  [/\\(?:[hv]space|tag|label)\*?\{[^{}]*\}/g, ' '],
  // What a box looks like, and in which colour it is.
  [/\\fcolorbox(?:\[[^\]]*\])?\{[^{}]*\}\{[^{}]*\}/g, ' '],
  [/\\(?:text|page)?color(?:box)?(?:\[[^\]]*\])?\{[^{}]*\}/g, ' '],
  [/\\bbox(?:\[[^\]]*\])?(?=\s*\{)/g, ' '],
  [/(?<=\\framebox)(?:\[[^\]]*\])+/g, ''],
  // Lines below each other; a matrix stays a command that is not known.
  [
    /\\(?:begin|end)\{(?:align|aligned|alignat|array|cases|eqnarray|equation|gather|gathered|multline|split)\*?\}(?:\{[lcr|@ ]*\})?/g,
    ' ',
  ],
  [/\\[,;:> ](?=\d{3}(?!\d))(?<=\d\\.)/g, ','],
  [/~(?=\d{3}(?!\d))(?<=\d~)/g, ','],
  [/\{([.,])\}/g, '$1'],
  [/\\[$%#&_]/g, (escaped) => escaped.slice(1)],
  [/\\!/g, ''],
  [/\\[,;:> ()[\]{}]/g, ' '],
  [/\\(?:quad|qquad|left|right|displaystyle|[Ll]arge|LARGE|[Hh]uge|bf|rm|it)(?![a-zA-Z])/g, ' '],
  [/\^\s*\{?\s*\\circ\s*\}?|\\degree(?![a-zA-Z])/g, '°'],
  [/\\(?:times|cdot|ast)(?![a-zA-Z])/g, '*'],
  [/\\div(?![a-zA-Z])/g, '÷'],
  [/\\(?:approx|simeq|sim)(?![a-zA-Z])/g, '≈'],
  [/\\[lc]?dots(?![a-zA-Z])/g, '...'],
  [/\^\s*\{\s*(-?\d+)\s*\}/g, '^$1'],
];

const fraction = /\\(?:[dtcs]|nice)?frac\s*(?:\{([^{}]*)\}|(\d))\s*(?:\{([^{}]*)\}|(\d))/g;

/**
 * TeX as one would type it without: `\frac{1}{2}` is `1/2`, `1{,}234` is `1,234`, `18 \text{ dollars}` is `18  dollars`,
 * `3 \times 4` is `3 * 4`; delimiters and spacing are gone. A command that is not known stays with its backslash.
 */
export function plainTex(text: string): string {
  if (!/[\\{}~]/.test(text)) return text;
  let plain = rules.reduce((before, [pattern, to]) => before.replaceAll(pattern, to as string), text);
  // From the inside out; a text of a thousand characters is through after a few rounds or holds nothing to be read.
  for (let round = 0; round < 5; round++) {
    plain = plain.replaceAll(wrapper, ' $1 ').replaceAll(fraction, plainFraction);
  }
  return plain.replaceAll(/[{}~]/g, ' ');
}

/** `1/2` for numbers, brackets around anything else; a whole number before it stays apart from it, as in `1 1/2`. */
function plainFraction(_: string, ...groups: readonly (string | undefined)[]): string {
  const [above = groups[1], below = groups[3]] = [groups[0], groups[2]];
  const [numerator = '', denominator = ''] = [above?.trim(), below?.trim()];
  const isPlain = /^-?[\d.,]+$/.test(numerator) && /^[\d.,]+$/.test(denominator);
  return isPlain ? ` ${numerator}/${denominator} ` : ` (${numerator})/(${denominator}) `;
}
