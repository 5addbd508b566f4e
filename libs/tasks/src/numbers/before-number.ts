import { isHarmless } from './harmless.ts';
import { leadingChangers, months, numberWords } from './number-words.ts';
import { otherPartBefore } from './other-parts.ts';

const changer = new RegExp(String.raw`(?<!\p{L})(?:${leadingChangers})(?: (?:of|the|a|as|an))* ?$`, 'iu');
const secondNumber = new RegExp(String.raw`(?<!\p{L})(?:${numberWords}|${months})\.? ?(?:and )?$`, 'iu');

/** `no more than 18` names 18 as `at most 18` does. */
const inclusion = /(?<!\p{L})(?:no|not) (?:more|less|fewer|later|earlier) than $/iu;
/** Chinese, Japanese and Korean words right before a number that leave it as it is. */
const asianLead = /(?:[约約共是为為は은는이가が赚賺有要得剩需付花卖賣买買]|得到|(?<![加减減乘除])了)$/u;
const asianDenial = /[不非没沒未]\S?$/u;

/**
 * The sign that the text before a number gives it; the text is plain, as `plainText` leaves it.
 * @returns 1, -1, or undefined if the text makes it another number, or an unknown one
 */
export function signBefore(before: string): 1 | -1 | undefined {
  const mark = /([-+])( ?)$/.exec(before);
  const word = /(?<!\p{L})(minus|negative) $/iu.exec(before);
  const lead = before.slice(0, (mark ?? word)?.index);
  if (!leadsOn(lead.replace(inclusion, ''))) return undefined;
  if (mark !== null) {
    if (!mayTakeSign(lead, mark[2] === '')) return undefined;
    return mark[1] === '-' ? -1 : 1;
  }
  if (word?.[1]?.toLowerCase() === 'minus' && !mayTakeMinus(lead)) return undefined;
  return word === null ? 1 : -1;
}

/** `: -3`, `is - 3`, `total -3`; not `x -3`, `total - 3`, which may take away. */
function mayTakeSign(lead: string, isTouching: boolean): boolean {
  return mayTakeMinus(lead) || (isTouching && /(?:\p{L}{2}\.?|[,;]) $/u.test(lead));
}

/** `is minus 72`; not `the total minus 72`, which takes away. */
function mayTakeMinus(lead: string): boolean {
  return /(?:^|[:([]|(?<!\p{L})(?:is|was|be|equals|of|about|approximately|exactly|to)) ?$/iu.test(lead);
}

function leadsOn(lead: string): boolean {
  // Dashes and strokes between words, and dashes that set a remark apart.
  const open = lead.replaceAll(/(?<=\p{L})[-/](?=\p{L})| [-—] (?=\p{L}{2})|(?<=\p{L} ?)— $/gu, ' ');
  if (!isHarmless(open) || /[-/—%°]/.test(open)) return false;
  // A letter that touches the number, or stands alone, is a variable or part of a name such as `B52`.
  if (asianLead.test(lead)) return !asianDenial.test(lead);
  if (/\p{L}$/u.test(lead)) return /(?<!\p{L})(?:USD|EUR|GBP|INR|AUD|CAD|Rs)$/u.test(lead);
  if (/(?<!\p{L})(?![aAI])\p{L} $/u.test(lead)) return false;
  return ![changer, secondNumber, otherPartBefore].some((pattern) => pattern.test(lead));
}
