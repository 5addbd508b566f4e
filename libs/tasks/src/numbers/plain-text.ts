import { plainCharacters } from './plain-characters.ts';
import { plainTex } from './plain-tex.ts';

/**
 * What is written, without how: TeX, Markdown, tags and currency signs are gone, characters are the keyboard's, blanks single.
 * Signs, operators and words stay, each apart from what stood apart from it, so that no two numbers become one.
 */
export function plainText(text: string): string {
  return plainMarks(plainTex(plainCharacters(text)))
    .replaceAll(/\s+/g, ' ')
    .trim();
}

function plainMarks(text: string): string {
  return (
    text
      // GSM8K's calculations: the number they come to stands behind them.
      .replaceAll(/<<[^<>]*>>/g, '')
      .replaceAll(/<\/?[a-z][^<>]{0,40}>/gi, ' ')
      .replaceAll(/(?<=\d)\*\*(?=\d)/g, '^')
      .replaceAll(/\*\*|__|`/g, ' ')
      .replaceAll(/(^|[\s:])\*(?=\S)([^*]+?)\*(?=[\s.,;:!?]|$)/g, '$1 $2 ')
      .replaceAll(/(?<=\d)\s*[x×·]\s*(?=\d)/g, ' * ')
      .replaceAll(/[×·⋅∙]/g, '*')
      // The period is the abbreviation's: Rs.18 is 18, 7 p.m. is 7 pm.
      .replaceAll(/(?<=\bRs)\.(?=\d)/g, '. ')
      .replaceAll(/(?<=\d ?)([ap])\. ?m(?:\.|(?!\p{L}))/giu, '$1m')
      // Of money, and unless the sign opens mathematics, m is a million: $18m.
      .replaceAll(/(\p{Sc} ?[\d.,]*\d) ?mm?(?![\p{L}\d^]|[^$]*\$)/gu, '$1M')
      // A dollar sign stands for money or around mathematics; neither changes the number.
      .replaceAll(/\b(?:US|NZ|HK|[ACR])(?=\$)/g, ' ')
      .replaceAll(/(?<=[-+])\s*\p{Sc}\s*(?=[\d.])/gu, '')
      .replaceAll(/\p{Sc}/gu, ' ')
  );
}
