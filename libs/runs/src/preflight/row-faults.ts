import type { FieldViolation } from '@sipf/errors';
import type { Problem } from '@sipf/tasks';
import type { OpenedData } from './opened.ts';

/** What is wrong with some problems of a file: the first one's row, and how many have it; nothing where none has. */
export function rowFault(
  { field, file, problems, lines }: OpenedData,
  wrong: readonly Problem[],
  what: string,
): FieldViolation[] {
  const [first] = wrong;
  if (first === undefined) return [];
  const line = lines.length === problems.length ? lines[problems.indexOf(first)] : undefined;
  const position = line === undefined ? `${file}: problem ${JSON.stringify(first.id)}` : `${file}:${line}`;
  const others = wrong.length === 1 ? '' : ` (and so of ${wrong.length - 1} more of ${problems.length})`;
  return [{ field, description: `${position}: ${what}${others}` }];
}
