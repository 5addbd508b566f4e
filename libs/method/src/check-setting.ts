import { SipfError } from '@sipf/errors';

/**
 * Refuses a setting out of its range.
 * @param rule what holds of a good value, e.g. `must be at least 0`
 * @throws SipfError `invalid-argument`, reason `SETTING_INVALID`, unless `isValid`
 */
export function checkSetting(isValid: boolean, field: string, rule: string): void {
  if (isValid) return;
  throw new SipfError('invalid-argument', `${field} ${rule}`, {
    reason: 'SETTING_INVALID',
    violations: [{ field, description: rule }],
  });
}

/** A whole number of at least `minimum`. */
export function checkCount(value: number, field: string, minimum: number): void {
  const rule = `must be a whole number of at least ${minimum}, got ${value}`;
  checkSetting(Number.isSafeInteger(value) && value >= minimum, field, rule);
}
