import ivm from 'isolated-vm';
import type { ChildOutcome, Job } from '../messages.ts';
import type { RealmReport } from '../realm/create-harness.ts';
import { realmSource } from '../realm/realm-source.ts';
import { compileCode, compileTests, type CompiledCode } from './compile-program.ts';
import { describeThrown, programStack } from './describe-thrown.ts';
import { linkModule } from './link-module.ts';

/** The program as JavaScript. */
export interface Sources {
  readonly code: string;
  readonly tests: string;
}

/** One run and the receiver of its output. */
export interface Run {
  readonly job: Job;
  readonly sources: Sources;
  readonly write: (stream: 'stdout' | 'stderr', text: string) => void;
  /** On the clock of `performance.now()`. */
  readonly startMs: number;
}

interface Compiled {
  readonly code: CompiledCode;
  readonly tests: ivm.Script;
}

/** Runs code and tests in a fresh isolate. @throws Error when the sandbox itself fails, which ends the child. */
export function runInIsolate(isolate: ivm.Isolate, run: Run): ChildOutcome {
  const { limits } = run.job;
  const outOfMemory: ChildOutcome = { outcome: 'out-of-memory', limitMiB: limits.memoryLimitMiB };
  let realm: Realm | undefined;
  let started = false;
  try {
    const context = isolate.createContextSync();
    realm = createRealm({ isolate, context }, run);
    const compiled = compileSources(isolate, run);
    if ('outcome' in compiled) return compiled;
    started = true;
    return drive({ isolate, context, realm, ...compiled }, run);
  } catch (thrown) {
    if (isolate.isDisposed) return outOfMemory;
    if (!started || realm === undefined) throw thrown;
    if (remainingMs(run) <= 0) return timedOut(run);
    const status = realm.call('exitStatus');
    if (typeof status === 'number') return afterExit(status, run);
    const failed = describeThrown(thrown);
    // V8 reports the limit by refusing buffers; a program that fakes this error gains nothing.
    return failed.message.includes('Array buffer allocation failed') ? outOfMemory : failed;
  }
}

/** The realm's side of a run, as seen from outside. */
interface Realm {
  readonly reference: ivm.Reference;
  /** Calls one of its functions within the remaining time; copies the return value. */
  readonly call: (name: string, ...values: unknown[]) => unknown;
}

/** Bytes of the program's heap, in the order of `memoryUsage` in the realm. */
function heapBytes(isolate: ivm.Isolate): string {
  const heap = isolate.getHeapStatisticsSync();
  const { total_heap_size: total, used_heap_size: used, externally_allocated_size: external } = heap;
  return [total + external, total, used, external].join(' ');
}

function createRealm(
  { isolate, context }: { readonly isolate: ivm.Isolate; readonly context: ivm.Context },
  run: Run,
): Realm {
  const { job, sources, write } = run;
  const { node, v8 } = process.versions;
  const hasTests = sources.tests.trim() !== '';
  const values = [
    new ivm.Callback(write),
    job.program.stdin,
    job.limits.maxOutputBytes + 1,
    hasTests,
    node,
    v8,
    new ivm.Callback(() => heapBytes(isolate)),
  ];
  const options = { result: { reference: true as const }, filename: 'sandbox:realm' };
  const reference = context.evalClosureSync<typeof options>(realmSource, values, options);
  const functions = new Map<string, ivm.Reference>();
  return {
    reference,
    call: (name, ...given) => {
      const found = functions.get(name) ?? reference.getSync(name, { reference: true });
      functions.set(name, found);
      const options: ivm.ReferenceApplyOptions = { ...timeLeft(run), result: { copy: true } };
      return found.applySync(undefined, given, options);
    },
  };
}

function compileSources(isolate: ivm.Isolate, { job, sources }: Run): Compiled | ChildOutcome {
  const extension = job.program.language === 'typescript' ? 'ts' : 'js';
  const hasTests = sources.tests.trim() !== '';
  const code = compileCode(isolate, { text: sources.code, filename: `program.${extension}` }, hasTests);
  if (typeof code === 'string') return { outcome: 'syntax-error', where: 'code', message: code };
  const tests = compileTests(isolate, { text: sources.tests, filename: `tests.${extension}` }, job.nonce);
  if (typeof tests === 'string') return { outcome: 'syntax-error', where: 'tests', message: tests };
  return { code, tests };
}

interface Parts extends Compiled {
  readonly isolate: ivm.Isolate;
  readonly context: ivm.Context;
  readonly realm: Realm;
}

/** Runs the code, starts the tests and takes turns until they end; promises advance between turns. */
function drive(parts: Parts, run: Run): ChildOutcome {
  const { context, realm, tests } = parts;
  const ended = runCode(parts, run);
  if (ended !== undefined) return ended;
  const factory = tests.runSync(context, { ...timeLeft(run), reference: true as const });
  realm.call('startTests', factory.derefInto());
  return takeTurns(realm, 'runTests', run) ?? timedOut(run);
}

/** Runs the code to its end. @returns the outcome if it ended the program */
function runCode({ isolate, context, realm, code }: Parts, run: Run): ChildOutcome | undefined {
  if (code.kind === 'script') {
    code.script.runSync(context, timeLeft(run));
    return undefined;
  }
  if (code.kind === 'function') {
    const program = code.script.runSync(context, { ...timeLeft(run), reference: true as const });
    realm.call('runFunction', program.derefInto());
    return undefined;
  }
  const fault = linkModule(code.module, { isolate, context, realm: realm.reference });
  if (fault !== undefined) return { outcome: 'failed', kind: 'exception', message: fault, stack: '' };
  code.module.evaluateSync(timeLeft(run));
  return takeTurns(realm, 'runProgram', run);
}

/** Takes turns until there is an outcome; undefined when the next phase may begin. */
function takeTurns(realm: Realm, turn: 'runProgram' | 'runTests', run: Run): ChildOutcome | undefined {
  while (remainingMs(run) > 0) {
    const report = realm.call(turn) as RealmReport | undefined;
    if (report !== undefined) return report.status === 'ready' ? undefined : toOutcome(report, run);
  }
  return timedOut(run);
}

function toOutcome(report: Exclude<RealmReport, { status: 'ready' }>, run: Run): ChildOutcome {
  switch (report.status) {
    case 'finished':
      return { outcome: 'finished', proof: report.proof };
    case 'exited':
      return afterExit(report.code, run);
    case 'failed': {
      const { kind, message, stack } = report;
      return { outcome: 'failed', kind, message, stack: programStack(stack) };
    }
    case 'unfinished': {
      const message = `the ${report.what} never finished: something ${report.what === 'tests' ? 'they await' : 'it awaits'} does not settle`;
      return { outcome: 'failed', kind: 'exception', message, stack: '' };
    }
  }
}

/** A program without tests may end itself successfully; before the end of tests every exit fails. */
function afterExit(status: number, { job, sources }: Run): ChildOutcome {
  const hasTests = sources.tests.trim() !== '';
  if (status === 0 && !hasTests) return { outcome: 'finished', proof: job.nonce };
  const when = hasTests ? ', before its tests had ended' : '';
  const message = `the program ended itself with status ${status}${status === 0 ? when : ''}`;
  return { outcome: 'failed', kind: 'exception', message, stack: '' };
}

function timeLeft(run: Run): { readonly timeout: number } {
  return { timeout: Math.max(1, Math.ceil(remainingMs(run))) };
}

function remainingMs({ job, startMs }: Run): number {
  return job.limits.wallTimeMs - (performance.now() - startMs);
}

function timedOut({ job }: Run): ChildOutcome {
  return { outcome: 'timed-out', clock: 'wall', limitMs: job.limits.wallTimeMs };
}
