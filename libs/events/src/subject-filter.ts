import { SipfError } from '@sipf/errors';

const DURABLE = /^[a-zA-Z0-9_-]{1,64}$/;
const FILTER = /^sipf(\.([a-z0-9-]+|\*))*(\.>)?$/;
const SUBJECT = /^sipf(\.[a-z0-9-]+)+$/;

/** Whether any of the filters matches a subject. */
export function createSubjectFilter(filters: readonly string[]): (subject: string) => boolean {
  const patterns = filters.map(toPattern);
  return (subject) => patterns.some((pattern) => pattern.test(subject));
}

/** @throws SipfError `invalid-argument` for a subject that no filter of ours could match. */
export function assertSubject(subject: string): void {
  if (!SUBJECT.test(subject)) throw refused('subject', `"${subject}" is not a subject under sipf`);
}

/** @throws SipfError `invalid-argument` for malformed durable names and filters. */
export function assertSubscribable(durable: string, filters: readonly string[]): void {
  if (!DURABLE.test(durable))
    throw refused('durable', `"${durable}" must be 1 to 64 of letters, digits, _ and -`);
  if (filters.length === 0) throw refused('subjects', 'must not be empty');
  for (const filter of filters) {
    if (!FILTER.test(filter)) throw refused('subjects', `"${filter}" is not a filter of subjects under sipf`);
  }
}

function toPattern(filter: string): RegExp {
  const words = filter.split('.').map((word) => (word === '*' ? '[^.]+' : word === '>' ? '.+' : word));
  return new RegExp(`^${words.join('\\.')}$`);
}

function refused(field: string, description: string): SipfError {
  return new SipfError('invalid-argument', description, {
    reason: 'INVALID_FIELD',
    violations: [{ field, description }],
  });
}
