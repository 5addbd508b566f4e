/** `0.031`, `3.1`, `314`. */
export function number(value: number): string {
  if (value === 0) return '0';
  if (!Number.isFinite(value)) return '-';
  return value >= 100 ? value.toFixed(0) : value.toPrecision(2);
}

/** `820`, `12.3k`, `4.6M`; nothing for 0. */
export function short(value: number): string {
  if (value === 0) return '';
  if (!Number.isFinite(value)) return '-';
  const [divisor, unit] =
    value >= 1e9 ? [1e9, 'G'] : value >= 1e6 ? [1e6, 'M'] : value >= 1e4 ? [1e3, 'k'] : [1, ''];
  return `${unit === '' ? Math.round(value) : (value / divisor).toFixed(1)}${unit}`;
}
