/** The form of a scope: `*`, `verification:*` or `verification:Score`. */
export const SCOPE_PATTERN = /^(\*|[a-z][a-z0-9_]*:(\*|[A-Z][A-Za-z0-9]*))$/;

/** The scope that a method needs: `/sipf.verification.v1.VerificationService/Score` needs `verification:Score`. */
export function scopeOf(methodPath: string): string {
  const [, service = '', method = ''] = methodPath.split('/');
  const area = /^sipf\.([a-z0-9_]+)\./.exec(service)?.[1] ?? service;
  return `${area}:${method}`;
}

/** Whether one of the scopes covers the needed one. */
export function covers(scopes: readonly string[], needed: string): boolean {
  const [area = ''] = needed.split(':');
  return scopes.some((scope) => scope === '*' || scope === needed || scope === `${area}:*`);
}
