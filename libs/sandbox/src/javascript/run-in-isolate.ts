import ivm from 'isolated-vm';
import type { ChildOutcome, Job } from '../messages.ts';
import type { RealmReport } from '../realm/create-harness.ts';
import { pristineNames, realmSource } from '../realm/realm-source.ts';
import { describeThrown, programStack } from './describe-thrown.ts';

/** The program as JavaScript. */
export interface Sources {
  readonly code: string;
  readonly tests: string;
}

/** One run, and where its output goes. */
export interface Run {
  readonly job: Job;
  readonly sources: Sources;
  readonly write: (stream: 'stdout' | 'stderr', text: string) => void;
  /** On the clock of `performance.now()`. */
  readonly startMs: number;
}

type Turn = ivm.Reference<(...values: unknown[]) => unknown>;
type Compiled = { readonly code: ivm.Script; readonly tests: ivm.Script } | ChildOutcome;

/** Runs code and tests in a fresh isolate. @throws Error when the sandbox itself fails, which ends the child. */
export function runInIsolate(isolate: ivm.Isolate, run: Run): ChildOutcome {
  const { limits } = run.job;
  const outOfMemory: ChildOutcome = { outcome: 'out-of-memory', limitMiB: limits.memoryLimitMiB };
  let started = false;
  try {
    const context = isolate.createContextSync();
    const turn = createRealm(context, run);
    const compiled = compileSources(isolate, run);
    if ('outcome' in compiled) return compiled;
    started = true;
    return drive({ context, turn, ...compiled }, run);
  } catch (thrown) {
    if (isolate.isDisposed) return outOfMemory;
    if (!started) throw thrown;
    if (remainingMs(run) <= 0) return timedOut(run);
    const failed = describeThrown(thrown);
    // Refused buffers are V8's way of telling that the limit was met; a program may say so itself, to no gain.
    return failed.message.includes('Array buffer allocation failed') ? outOfMemory : failed;
  }
}

function createRealm(context: ivm.Context, { job, write }: Run): Turn {
  const values = [new ivm.Callback(write), job.program.stdin, job.limits.maxOutputBytes + 1];
  const options = { result: { reference: true as const }, filename: 'sandbox:realm' };
  return context.evalClosureSync(realmSource, values, options) as Turn;
}

function compileSources(isolate: ivm.Isolate, { job, sources }: Run): Compiled {
  const extension = job.program.language === 'typescript' ? 'ts' : 'js';
  const code = compile(isolate, sources.code, { filename: `program.${extension}` });
  if (typeof code === 'string') return { outcome: 'syntax-error', where: 'code', message: code };
  const origin = { filename: `tests.${extension}`, lineOffset: -1 };
  const tests = compile(isolate, wrapTests(sources.tests, job.nonce), origin);
  if (typeof tests === 'string') return { outcome: 'syntax-error', where: 'tests', message: tests };
  return { code, tests };
}

/** The script, or what is wrong with its text. */
function compile(isolate: ivm.Isolate, source: string, origin: ivm.ScriptOrigin): ivm.Script | string {
  try {
    return isolate.compileScriptSync(source, origin);
  } catch (error) {
    if (isolate.isDisposed || !(error instanceof Error)) throw error;
    return `SyntaxError: ${error.message}`;
  }
}

/** The tests as one strict async function inside the names they may rely on; only its last line returns the nonce. */
function wrapTests(tests: string, nonce: string): string {
  const opening = `(function (${pristineNames.join(', ')}) { 'use strict'; return async () => {`;
  return `${opening}\n${tests}\n;return ${JSON.stringify(nonce)}; }; })`;
}

interface Parts {
  readonly context: ivm.Context;
  readonly turn: Turn;
  readonly code: ivm.Script;
  readonly tests: ivm.Script;
}

/** Runs the code, starts the tests and takes turns until they are over; promises advance between turns. */
function drive({ context, turn, code, tests }: Parts, run: Run): ChildOutcome {
  const timeLeft = () => ({ timeout: Math.max(1, Math.ceil(remainingMs(run))) });
  code.runSync(context, timeLeft());
  const factory = tests.runSync(context, { ...timeLeft(), reference: true as const });
  turn.applySync(undefined, [factory.derefInto()], timeLeft());
  while (remainingMs(run) > 0) {
    const report: unknown = turn.applySync(undefined, [], { ...timeLeft(), result: { copy: true } });
    if (report !== undefined) return toOutcome(report as RealmReport);
  }
  return timedOut(run);
}

function toOutcome(report: RealmReport): ChildOutcome {
  switch (report.status) {
    case 'finished':
      return { outcome: 'finished', proof: report.proof };
    case 'failed': {
      const { kind, message, stack } = report;
      return { outcome: 'failed', kind, message, stack: programStack(stack) };
    }
    case 'unfinished': {
      const message = 'the tests never finished: something they await does not settle';
      return { outcome: 'failed', kind: 'exception', message, stack: '' };
    }
  }
}

function remainingMs({ job, startMs }: Run): number {
  return job.limits.wallTimeMs - (performance.now() - startMs);
}

function timedOut({ job }: Run): ChildOutcome {
  return { outcome: 'timed-out', clock: 'wall', limitMs: job.limits.wallTimeMs };
}
