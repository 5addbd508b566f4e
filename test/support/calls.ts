import { SipfError } from '@sipf/errors';
import { tmpdir } from 'node:os';
import { expect } from 'vitest';
import { root } from '../run/step.ts';

/** Every message of a stream. */
export async function collect<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const messages: T[] = [];
  for await (const message of stream) messages.push(message);
  return messages;
}

/** An answer without what depends on the clock. */
export function lasting<T extends { timing: unknown }>(answer: T): Omit<T, 'timing'> {
  return { ...answer, timing: undefined };
}

/** The typed error that a call ends with; it must not reveal paths of the server's machine. */
export async function refusalOf(call: Promise<unknown>): Promise<SipfError> {
  const error: unknown = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(SipfError);
  const refusal = error as SipfError;
  const { message, violations, metadata } = refusal;
  expectNoPaths(JSON.stringify({ message, violations, metadata }));
  return refusal;
}

/** A text that left a service must not reveal paths of its machine. */
export function expectNoPaths(text: string): void {
  for (const location of [root, tmpdir(), '/shared/']) expect(text).not.toContain(location);
}
