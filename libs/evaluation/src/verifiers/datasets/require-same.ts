import { SipfError } from '@sipf/errors';
import type { LabelledPath } from '../labelled-path.ts';
import type { DatasetFormat } from './dataset-format.ts';

/**
 * Checks that a written row reads back as its path.
 * @throws SipfError `invalid-argument` DATASET_INVALID if it reads as something else
 */
export function requireSame({ name, read }: DatasetFormat, row: unknown, path: LabelledPath): void {
  if (isSame(read, row, path)) return;
  const field = path.id ?? path.question;
  const description = `${name} cannot say this path: its steps need labels, and texts without the format's own marks`;
  throw new SipfError('invalid-argument', `${field}: ${description}`, {
    reason: 'DATASET_INVALID',
    violations: [{ field, description }],
  });
}

function isSame(
  read: DatasetFormat['read'],
  row: unknown,
  { question, steps, labels }: LabelledPath,
): boolean {
  try {
    const [again, ...others] = read(row);
    const wanted = JSON.stringify([question.trim(), steps.map((step) => step.trim()), labels]);
    return others.length === 0 && JSON.stringify([again?.question, again?.steps, again?.labels]) === wanted;
  } catch {
    return false;
  }
}
