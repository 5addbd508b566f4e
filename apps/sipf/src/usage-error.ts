import { SipfError, type FieldViolation } from '@sipf/errors';

/** Something that the caller of the command has to change; exit status 64. */
export function usageError(
  message: string,
  options: { readonly violations?: readonly FieldViolation[]; readonly cause?: unknown } = {},
): SipfError {
  return new SipfError('invalid-argument', message, { reason: 'USAGE', ...options });
}
