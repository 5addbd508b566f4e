/**
 * The calculations of a rationale in order, normalised for comparison (METHOD.md, de-duplication): the contents of
 * its `<<48/2=24>>` marks or, in a text without marks, every equation of numbers in it (`48 / 2 = 24`). Spaces,
 * currency and thousands' commas are dropped, `x`, `×` and `÷` become `*` and `/`, and `0.50`, `.5` become `0.5`.
 * The order of operands is kept.
 */
export function calculationsOf(text: string): string[] {
  const marks = [...text.matchAll(/<<([^<>\n]*)>>/g)].map((match) => match[1] ?? '');
  const found = marks.length > 0 ? marks : [...text.matchAll(equation)].map((match) => match[0]);
  return found.map(normaliseCalculation).filter((calculation) => calculation !== '');
}

const number = String.raw`[-−]?[$€£¥]?(?:\d[\d,]*(?:\.\d+)?|\.\d+)%?`;
const operator = String.raw`(?:\/\/|[-−+*/×÷x·])`;
const equation = new RegExp(
  String.raw`(?<![\d.,])${number}(?:[ ()]*${operator}[ ()]*${number})+[ )]*= *${number}`,
  'g',
);

function normaliseCalculation(calculation: string): string {
  return calculation
    .replaceAll(/[\s$€£¥]/g, '')
    .replaceAll(/(?<=\d),(?=\d{3})/g, '')
    .replaceAll(/[×x·]/g, '*')
    .replaceAll('÷', '/')
    .replaceAll('−', '-')
    .replaceAll(/(?<![\d.])\d*\.?\d+(?![\d.])/g, normaliseDecimal);
}

function normaliseDecimal(text: string): string {
  const [integer = '', digits = ''] = text.split('.');
  const fraction = digits.replace(/0+$/, '');
  const whole = integer.replace(/^0+(?=\d)/, '');
  return `${whole === '' ? '0' : whole}${fraction === '' ? '' : `.${fraction}`}`;
}
