/** Twelve small sums as data of every kind of training. */
export const numbers = Array.from({ length: 12 }, (_, index) => index + 1);
export const prompt = (n: number): string => `<<${n}+1=${n + 1}>>${n + 1}\n`;
export const answer = (n: number): string => `<<${n}*2=${2 * n}>>${2 * n}\n#### ${2 * n}`;
export const rows = {
  supervised: numbers.map((n) => ({ prompt: prompt(n), completion: answer(n) })),
  preference: numbers.map((n) => ({ prompt: prompt(n), chosen: answer(n), rejected: answer(n + 1) })),
  stepwise: numbers.map((n) => ({
    prompt: prompt(n),
    completions: [`<<${n}*2=${2 * n}>>${2 * n}\n`, `#### ${2 * n}`],
    labels: [true, n % 2 === 0],
  })),
};
