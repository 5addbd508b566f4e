/**
 * Characters of a line's width that groups of thousands are set apart by; an ordinary space is none, it stands between two
 * numbers.
 */
const groupSpaces = String.raw`[\u00a0\u2005-\u2009\u202f]`;

/**
 * Text whose digits, signs, fractions and powers are those of the keyboard: `−3` and `–3` are `-3`, `1½` is `1 1/2`, `10³` is
 * `10^3`, `１８` is `18`, `负3` is `-3`, and thousands (thin spaces, apostrophes, low lines) have commas. An em dash stays: it is no
 * sign.
 */
export function plainCharacters(text: string): string {
  return text
    .replaceAll(/[\u00ad\u200b-\u200f\u2060-\u2064\ufeff]/g, '')
    .replaceAll(/[\u00bc-\u00be\u2150-\u215e\u2189]/g, (fraction) => ` ${fraction.normalize('NFKC')} `)
    .replaceAll(/⁻?[⁰¹²³⁴-⁹]+/g, (power) => `^${power.replace('⁻', '-').normalize('NFKC')}`)
    .replaceAll(/[₀-₉]+/g, (index) => `_${index.normalize('NFKC')}`)
    .replaceAll(new RegExp(String.raw`(?<=\d)(?:${groupSpaces}|['’_])(?=\d{3}(?!\d))`, 'g'), ',')
    .replaceAll('…', '...')
    .replaceAll('∼', '~')
    .normalize('NFKC')
    .replaceAll(/。/g, '. ')
    .replaceAll(/、/g, ', ')
    .replaceAll(/[「」『』【】《》〈〉]/g, '"')
    .replaceAll(/(?:负|負|マイナス)\s*(?=\d)/g, '-')
    .replaceAll(/[−‐‑‒–⁻﹣]/g, '-')
    .replaceAll(/[⁄∕]/g, '/')
    .replaceAll('٬', ',')
    .replaceAll('٫', '.')
    .replaceAll(/(?![0-9])\p{Nd}/gu, asciiDigit);
}

/** The digit of another script; every script has its ten in a row, so its value is the distance from the start of their block. */
function asciiDigit(digit: string): string {
  const code = digit.codePointAt(0) ?? 0;
  let before = code;
  while (/\p{Nd}/u.test(String.fromCodePoint(before))) before--;
  return String((code - before - 1) % 10);
}
