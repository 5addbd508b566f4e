/**
 * Loaded by `--import` before a service's own modules: kills at the named call of Node's own functions, so that the services'
 * code is what runs in production. Worker threads load it, too, and count for themselves.
 */
import { closeSync, existsSync, openSync, promises, readFileSync } from 'node:fs';
import http2 from 'node:http2';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { isMainThread, parentPort, threadName } from 'node:worker_threads';
import { MARKS_VARIABLE, TRIPS_VARIABLE, type Trip, type TrippedCall } from './trips.ts';

const marks = process.env[MARKS_VARIABLE] ?? '';
const trips = (JSON.parse(process.env[TRIPS_VARIABLE] ?? '[]') as Trip[]).map((trip) => ({
  ...trip,
  pattern: new RegExp(trip.path),
  left: trip.nth ?? 1,
}));

/** The trip that this call sets off, if any; every call is to be asked about once. */
function trippedBy(call: TrippedCall, path: string): Trip | undefined {
  let due: Trip | undefined;
  for (const trip of trips) {
    if (trip.call !== call || !trip.pattern.test(path) || existsSync(join(marks, trip.id))) continue;
    trip.left -= 1;
    if (trip.left === 0) due = trip;
  }
  return due;
}

function die({ id, victim = 'process' }: Trip): void {
  try {
    closeSync(openSync(join(marks, id), 'wx'));
  } catch {
    // Another thread was faster.
    return;
  }
  if (victim === 'thread' && !isMainThread) process.exit(1);
  if (typeof victim === 'object') process.kill(Number(readFileSync(victim.pidFile, 'utf8')), 'SIGKILL');
  else process.kill(process.pid, 'SIGKILL');
}

type Method = (this: unknown, ...args: never[]) => unknown;

/** How a function is watched. */
interface Watched {
  readonly call: TrippedCall;
  readonly pathOf: (self: unknown, args: readonly unknown[]) => string;
  /** The position of what is written, where anything is. */
  readonly content?: number;
}

/** Replaces a function of an object by one that may die before it, in its middle or after it. */
function watch<Name extends string>(
  owner: Record<Name, unknown>,
  name: Name,
  { call, pathOf, content }: Watched,
): void {
  const original = owner[name] as Method;
  owner[name] = function (this: unknown, ...args: unknown[]): unknown {
    const trip = trippedBy(call, pathOf(this, args));
    const go = (given: readonly unknown[]): unknown => original.apply(this, given as never[]);
    if (trip === undefined) return go(args);
    if (trip.when === 'before') die(trip);
    const half = trip.when === 'half' && content !== undefined;
    const given = half ? args.map((arg, at) => (at === content ? firstHalf(arg) : arg)) : args;
    const result = go(given);
    if (trip.when === 'before') return result;
    if (!(result instanceof Promise)) {
      die(trip);
      return result;
    }
    return result.then((value: unknown) => {
      die(trip);
      return value;
    });
  };
}

function firstHalf(content: unknown): unknown {
  const isCut = typeof content === 'string' || content instanceof Uint8Array;
  return isCut ? content.slice(0, Math.ceil(content.length / 2)) : content;
}

const pathOfHandle = new WeakMap<object, string>();

function watchFiles(handle: object): void {
  const methods = Object.getPrototypeOf(handle) as Record<string, unknown>;
  const pathOf = (self: unknown): string => pathOfHandle.get(self as object) ?? '';
  for (const call of ['sync', 'datasync'] as const) watch(methods, call, { call, pathOf });
  for (const call of ['appendFile', 'writeFile'] as const) watch(methods, call, { call, pathOf, content: 0 });
  const functions = promises as unknown as Record<string, unknown>;
  const first = (_: unknown, [path]: readonly unknown[]): string => String(path);
  watch(functions, 'writeFile', { call: 'writeFile', pathOf: first, content: 1 });
  watch(functions, 'rename', { call: 'rename', pathOf: (_, [, to]) => String(to) });
  rememberPaths(functions);
  watch(functions, 'open', { call: 'open', pathOf: first });
}

function rememberPaths(functions: Record<string, unknown>): void {
  const open = functions['open'] as (...args: unknown[]) => Promise<object>;
  functions['open'] = async (...args: unknown[]): Promise<object> => {
    const handle = await open(...args);
    pathOfHandle.set(handle, String(args[0]));
    return handle;
  };
}

/** Servers of gRPC are made by `createServer`; a message of an answer is one `write` of its stream. */
function watchAnswers(): void {
  const { createServer } = http2;
  http2.createServer = ((...args: Parameters<typeof createServer>) =>
    createServer(...args).prependListener('stream', (stream, headers) => {
      const path = String(headers[':path']);
      watch(stream as unknown as Record<'write', unknown>, 'write', { call: 'answer', pathOf: () => path });
    })) as typeof createServer;
}

if (trips.length > 0) {
  const handle = await promises.open('/dev/null');
  watchFiles(handle);
  await handle.close();
  watchAnswers();
  if (parentPort !== null)
    watch(parentPort as unknown as Record<'postMessage', unknown>, 'postMessage', {
      call: 'post',
      pathOf: () => threadName ?? '',
    });
  syncBuiltinESMExports();
}
