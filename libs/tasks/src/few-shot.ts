import type { FewShotStyle } from './task.ts';

/** A question after worked examples, laid out as their file says. */
export function fewShotPrompt(question: string, style: FewShotStyle): string {
  const ask = (text: string) => style.questionFormat.replaceAll('{question}', () => text);
  const shown = style.exemplars.map((exemplar) => `${ask(exemplar.question)} ${exemplar.target}\n\n`);
  return `${shown.join('')}${ask(question)}`;
}
