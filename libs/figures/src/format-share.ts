/** `73.0 %` of a share in [0, 1]. */
export function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

/** `+1.5`, `-0.3` or `0.0`: a difference of shares in percentage points. */
export function points(difference: number): string {
  return `${difference > 0 ? '+' : ''}${(100 * difference).toFixed(1)}`;
}
