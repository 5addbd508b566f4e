import { SipfError } from '@sipf/errors';

/** What a file says of itself. */
export interface WrittenFormat {
  /**
   * Counts up with what older programs cannot read; absent in files of before there was a number, which are read as the first.
   */
  readonly format?: number | undefined;
  /** Who wrote it, e.g. `sipf 0.2.0 (5e1f…)`. */
  readonly program?: string | undefined;
}

/**
 * Refuses a file of a newer program: what this one made of it could be wrong.
 * @param name of the file, for people
 * @param newest the newest format that is known here
 * @throws SipfError failed-precondition FORMAT_UNKNOWN
 */
export function assertKnownFormat(
  name: string,
  { format = 1, program = 'another program' }: WrittenFormat,
  newest: number,
): void {
  if (format <= newest) return;
  const message =
    `${name} was written by ${program} in format ${format}, and this ` +
    `program knows formats up to ${newest}: use that program, or a newer one`;
  throw new SipfError('failed-precondition', message, {
    reason: 'FORMAT_UNKNOWN',
    metadata: { program, format: String(format) },
  });
}
