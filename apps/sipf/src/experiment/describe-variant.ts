/** `alignment.lambda=0.1`, or nothing where nothing varies. */
export function describeVariant(vary: Readonly<Record<string, unknown>>): string {
  return Object.entries(vary)
    .map(([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(' ');
}

/** A method's row among those of its other variants: `SIPF 3`, or `SIPF 3 (alignment.lambda=0.1)`. */
export function rowName(method: string, vary: Readonly<Record<string, unknown>>): string {
  const variant = describeVariant(vary);
  return variant === '' ? method : `${method} (${variant})`;
}
