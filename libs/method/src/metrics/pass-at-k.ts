import { checkCount, checkSetting } from '../check-setting.ts';

/**
 * Unbiased Pass@k of one problem (Chen et al., 2021, eq. 1): 1 - C(n - c, k) / C(n, k), as a product without large numbers.
 * @param n samples drawn, at least 1
 * @param c samples that pass, in [0, n]
 * @param k in [1, n]
 * @throws SipfError `invalid-argument` outside these ranges
 */
export function passAtK(n: number, c: number, k: number): number {
  checkCount(n, 'n', 1);
  checkCount(c, 'c', 0);
  checkCount(k, 'k', 1);
  checkSetting(c <= n, 'c', `must be at most n = ${n}, got ${c}`);
  checkSetting(k <= n, 'k', `must be at most n = ${n}, got ${k}`);
  // Where fewer than k fail, i = k is among the factors and makes the product 0.
  let allFail = 1;
  for (let i = n - c + 1; i <= n; i++) allFail *= 1 - k / i;
  return 1 - allFail;
}
