import type { Outcome } from '../verdict.ts';

const maxMessageChars = 4_000;

/** Keeps the lines of a stack in the program or its tests, without the sandbox's own frames and paths. */
export function programStack(stack: string): string {
  const lines = stack.split('\n').filter((line) => /^\s+at .*\b(?:program|tests)\.[jt]s:\d+/u.test(line));
  return lines.slice(0, 20).join('\n');
}

/** Describes isolated-vm's copy of a thrown value; reading a copy runs no code of the program. */
export function describeThrown(thrown: unknown): Extract<Outcome, { outcome: 'failed' }> {
  if (!(thrown instanceof Error)) {
    return { outcome: 'failed', kind: 'exception', message: `thrown: ${printCopy(thrown)}`, stack: '' };
  }
  // isolated-vm does not copy other objects; it replaces them by an error of its own.
  if (thrown.message.startsWith('An object was thrown from supplied code within isolated-vm')) {
    return {
      outcome: 'failed',
      kind: 'exception',
      message: 'thrown: an object that is not an Error',
      stack: '',
    };
  }
  const stack = thrown.stack ?? '';
  const firstLine = stack.slice(0, stack.indexOf('\n') >>> 0);
  const named =
    firstLine.endsWith(thrown.message) && firstLine !== '' ? firstLine : `${thrown.name}: ${thrown.message}`;
  const kind = named.startsWith('AssertionError') ? 'assertion' : 'exception';
  return { outcome: 'failed', kind, message: named.slice(0, maxMessageChars), stack: programStack(stack) };
}

function printCopy(value: unknown): string {
  try {
    const text = typeof value === 'string' ? value : (JSON.stringify(value) as string | undefined);
    return (text ?? typeof value).slice(0, maxMessageChars);
  } catch {
    return typeof value;
  }
}
