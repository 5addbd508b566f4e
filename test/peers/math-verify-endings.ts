/** How a solution ends in a style of a published model; `N` is its answer. */
export interface Ending {
  readonly style: string;
  readonly text: string;
  /** Whether it marks its answer, so that strict extraction reads it too. */
  readonly isMarked: boolean;
}

const marked = (style: string, text: string): Ending => ({ style, text, isMarked: true });
const unmarked = (style: string, text: string): Ending => ({ style, text, isMarked: false });

/** Endings as models write them under solutions of GSM8K. */
export const endings: readonly Ending[] = [
  marked('GSM8K itself', '\n#### N'),
  marked('GSM8K, on the last line', ' So N.  #### N'),
  marked('few-shot chains of thought (Wei et al.)', ' The answer is N.'),
  marked('Minerva', '\nFinal Answer: The final answer is $N$. I hope it is correct.'),
  marked('Llama 3', '\n\nThe final answer is N.'),
  marked('Llama 3.1', String.raw` The final answer is: $\boxed{N}$`),
  marked('Llama 3.1 with units', String.raw` So she makes $\boxed{N \text{ dollars}}$ a day.`),
  marked('Qwen2.5-Math', String.raw` Therefore, the total is \(\boxed{N}\).`),
  marked('Qwen2.5-Math, displayed', '\nThe answer is:\n\\[\n\\boxed{N}\n\\]'),
  marked('deepseek-math, tuned', String.raw` The answer is $\boxed{N}$.`),
  marked('deepseek-math, by RL', '\nThe answer is: $\\boxed{N}$.'),
  marked('DeepSeek-R1', '\n</think>\n\n**Final Answer**\n\n$$\n\\boxed{N}\n$$'),
  marked('R1-Zero', '\n<answer> N </answer>'),
  marked('Gemma 2', '\n\n**Answer:** N'),
  marked('Gemma 3', '\n\nFinal Answer: The final answer is $\\boxed{N}$'),
  marked('Phi-3', '\n\nThe final answer is N dollars.'),
  marked('Phi-4', '\n\n\\[\n\\boxed{N}\n\\]'),
  marked('Mistral', '\n\nAnswer: N'),
  marked('GPT-4', '\n\n**The answer is N.**'),
  marked('GPT-4, headed', '\n\n### Final Answer:\n\n**N**'),
  marked('WizardMath', ' The answer is: N.'),
  marked('MetaMath', '\nThe answer is: N'),
  marked('OpenMath', String.raw` In all that makes \boxed{N}.`),
  marked('NuminaMath', String.raw` Thus, $\boxed{\$N}$ in all.`),
  marked('ToRA', '\n```output\nN\n```\nThe answer is $\\boxed{N}$.'),
  marked('MAmmoTH', '\nTherefore, the answer is N'),
  unmarked('Mistral, in a sentence', '\n\nSo she sold N of them in all.'),
  unmarked('Gemma, in bold', '\n\nThat makes **N** in all.'),
];

/** How a model writes a number: GSM8K's own way, without commas, as money, and three that are wrong. */
export const spellings: readonly ((gold: string) => string)[] = [
  (gold) => gold,
  (gold) => plain(gold),
  (gold) => `${plain(gold)}.00`,
  (gold) => String(Number(plain(gold)) + 1),
  (gold) => `${plain(gold)}0`,
  (gold) => `${plain(gold)}.5`,
];

/** Solutions on whose endings math-verify's verdicts differ, and why. */
export const knownDifferences: readonly {
  readonly reason: string;
  readonly when: (solution: string) => boolean;
}[] = [
  {
    reason:
      'It takes the first number near the word "answer", wherever a solution has that word, for the answer.',
    when: (solution) => /answer/i.test(solution),
  },
];

function plain(gold: string): string {
  return gold.replaceAll(',', '');
}
