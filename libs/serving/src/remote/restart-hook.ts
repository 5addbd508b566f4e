import { abortError } from '@sipf/async';
import { SipfError } from '@sipf/errors';
import { signalGroup } from '@sipf/service';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { basename } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** A program that has servers started with another model. */
export interface RestartHook {
  /** Its path; called with a model's folder and digest, without a shell. */
  readonly program: string;
  /** Longest time of a call, and of the wait for the servers after it, together. */
  readonly timeoutMs: number;
}

/** A model that servers are to be started with. */
export interface WantedModel {
  readonly folder: string;
  /** What the servers must name it. */
  readonly digest: string;
}

/** How long a program that is told to end may take. */
const GRACE_MS = 5000;
/** What it has said may come a little after its end; what it started may hold its standard error open for ever. */
const LAST_WORDS_MS = 500;
const LONGEST_WORDS = 4096;

/**
 * Calls the program and waits for its end. Once the signal fires it is ended, with all that is in its process group.
 * @throws SipfError failed-precondition BACKEND_HOOK_FAILED with the last line of its standard error; AbortError
 */
export async function callHook(
  { program }: RestartHook,
  { folder, digest }: WantedModel,
  signal: AbortSignal,
): Promise<void> {
  signal.throwIfAborted();
  const child = spawn(program, [folder, digest], { detached: true, stdio: ['ignore', 'ignore', 'pipe'] });
  let words = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    words = (words + text).slice(-LONGEST_WORDS);
  });
  const stop = (): void => void endGroup(child);
  signal.addEventListener('abort', stop, { once: true });
  try {
    const how = await endOf(child);
    if (signal.aborted) throw abortError(signal);
    if (how === 'status 0') return;
    const last = words.trim().split('\n').at(-1)?.trim() ?? '';
    const said = last === '' ? 'it said nothing on standard error' : last.slice(0, 300);
    throw hookFailed(program, `ended with ${how}: ${said}`);
  } finally {
    signal.removeEventListener('abort', stop);
    child.stderr.destroy();
  }
}

/** The error for a program that has not done its work. */
export function hookFailed(program: string, why: string): SipfError {
  return new SipfError('failed-precondition', `--backend-hook ${basename(program)} ${why}`, {
    reason: 'BACKEND_HOOK_FAILED',
  });
}

/** Whether the program has failed, which no other server makes good. */
export function isHookFailure(error: unknown): boolean {
  return error instanceof SipfError && error.reason === 'BACKEND_HOOK_FAILED';
}

/** `status N` or `signal NAME`; a program that cannot be started has no status. */
async function endOf(child: ChildProcess): Promise<string> {
  const closed = once(child, 'close');
  closed.catch(() => undefined);
  try {
    const [status, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
    const waited = new AbortController();
    await Promise.race([
      closed,
      sleep(LAST_WORDS_MS, undefined, { signal: waited.signal }).catch(() => undefined),
    ]);
    waited.abort();
    return status === null ? `signal ${String(signal)}` : `status ${status}`;
  } catch (error) {
    return `no status, as it cannot be started (${error instanceof Error ? error.message : String(error)})`;
  }
}

async function endGroup(child: ChildProcess): Promise<void> {
  signalGroup(child, 'SIGTERM');
  const timer = setTimeout(() => {
    signalGroup(child, 'SIGKILL');
  }, GRACE_MS);
  await once(child, 'exit').catch(() => undefined);
  clearTimeout(timer);
  // Others of the group may have outlived the program.
  signalGroup(child, 'SIGKILL');
}
