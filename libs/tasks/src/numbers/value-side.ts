/**
 * What follows the last `=` or `≈` of a plain text: `18` of `x = 18` and of `2 + 16 = 18`.
 * @returns undefined where the sides before it are not a name, or calculation, of the value: `2x = 18`, `7 or x = 8`, `x = 3, y =
 * 4`
 */
export function valueSide(text: string): string | undefined {
  const sides = text.split(/ ?[=≈]+ ?/);
  const value = sides.pop();
  const [name = '', ...between] = sides;
  if (/[!<>:]$/.test([name, ...between].join('='))) return undefined;
  return isNameOfValue(name) && between.every(isCalculation) ? value : undefined;
}

function isNameOfValue(side: string): boolean {
  if (!/\d/.test(side))
    return !/[;<>]|[-+*/^√÷±].*(?<!\p{L})\p{L}(?!\p{L})|(?<!\p{L})\p{L} ?[-+*/^÷±]/u.test(side);
  return isCalculation(side);
}

/** Numbers with their units and operators; a letter alone is an unknown, and two values side by side are not one. */
function isCalculation(side: string): boolean {
  return !/[;<>]|,(?!\d{3}(?!\d))|(?<!\p{L})(?:or|and|\p{L})(?!\p{L})/u.test(side);
}
