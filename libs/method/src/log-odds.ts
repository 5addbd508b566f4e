/**
 * V of its log-odds log(V / (1 - V)), in double precision: above 0 from log-odds of -745 on, and a multiple of nothing.
 * The probability against is that of the negated log-odds, exact however close V is to 1.
 */
export function probabilityOf(logOdds: number): number {
  const small = Math.exp(-Math.abs(logOdds));
  return (logOdds >= 0 ? 1 : small) / (1 + small);
}

/** log V of its log-odds, in nats: neither 0 nor -Infinity for any finite log-odds that a model gives. */
export function logProbabilityOf(logOdds: number): number {
  return Math.min(logOdds, 0) - Math.log1p(Math.exp(-Math.abs(logOdds)));
}

/** log(V / (1 - V)); ±Infinity for 1 and 0. */
export function logOddsOf(probability: number): number {
  return Math.log(probability) - Math.log1p(-probability);
}
