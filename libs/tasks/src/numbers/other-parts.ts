import { numberWords, parts, scales } from './number-words.ts';

const scale = [...scales.keys()].join('|');
const figure = String.raw`(?:\d|(?<!\p{L})(?:one|${numberWords}))`;

/**
 * The end of a text before a number that is one part of a value with it: `half past 7`, `7 million 5`, `7 point 5`, `10 less
 * 3`.
 */
export const otherPartBefore = new RegExp(
  [
    String.raw`(?<!\p{L})(?:half|quarter) (?:past|to) $`,
    String.raw`${figure}[ -]?(?:point|(?:${scale})(?:,? and|,)?) $`,
    String.raw`(?<!\p{L})(?:(?:${scale}|dozens?|score)(?:,? and|,)?|${numberWords}) $`,
    String.raw`\d(?: \p{L}+)? (?:less|multiplied by|to the(?: power of)?) $`,
    String.raw`(?<!\p{L})(?:sum|product|difference|quotient|ratio|average|mean) of [\d., ]*(?:and|,) $`,
  ].join('|'),
  'iu',
);

/** Units of one dimension, the larger ones first: a value may have several of them. */
const dimensions = [
  'years? yrs?,months?,weeks? wks?,days?,hours? hrs? h,minutes? mins? min m,seconds? secs? sec s',
  'miles? mi,yards? yd,feet foot ft,inch inches in',
  'kilometers? kilometres? km,meters? metres? m,centimeters? centimetres? cm,millimeters? millimetres? mm',
  'tons? tonnes?,stones?,pounds? lbs?,ounces? oz',
  'kilograms? kilos? kg,grams? g,milligrams? mg',
  'dollars? bucks? pounds? euros?,quarters?,dimes?,nickels?,cents? pence pennies',
  'gallons?,quarts?,pints?,cups?,ounces? oz',
  'liters? litres? l,milliliters? millilitres? ml',
].map((units) => units.split(',').map((names) => names.replaceAll(' ', '|')));

const compounds = dimensions.flatMap((units) =>
  units.slice(1).map((unit, at) => {
    const larger = units.slice(0, at + 1).join('|');
    return [
      new RegExp(String.raw`\d[ -]?(?:${larger}),?(?: and)? $`, 'iu'),
      new RegExp(String.raw`^[ -]?(?:${unit})(?!\p{L})`, 'iu'),
    ] as const;
  }),
);

/**
 * The larger part of a value in two units before a number that is its smaller one: `7 hours ` of `30` in `7 hours 30 minutes`.
 */
export function largerPart(before: string, after: string): string | undefined {
  const found = compounds.find(([larger, smaller]) => larger.test(before) && smaller.test(after));
  return found?.[0].exec(before)?.[0];
}

/** The beginning of a text after a number that makes another value of it: `3 below zero`, `7 hours and a half`. */
export const otherPartAfter = new RegExp(
  [
    String.raw`^(?: ?°? ?[CF]?(?!\p{L})| degrees?(?: [CF]\p{L}*)?)? (?:below|under) (?:zero|0|freezing|par)(?!\p{L})`,
    String.raw`^ (?:${numberWords})(?!\p{L})`,
    String.raw`^(?: \p{L}+)?,? and (?:an? |one[ -])?(?:${parts})(?!\p{L})`,
  ].join('|'),
  'iu',
);
