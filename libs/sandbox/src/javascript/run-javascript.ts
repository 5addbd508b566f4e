import ivm from 'isolated-vm';
import { endProcess, type Send } from '../child-loop.ts';
import type { ChildOutcome, Job } from '../messages.ts';
import { outputWriter } from '../output-writer.ts';
import { runInIsolate, type Sources } from './run-in-isolate.ts';
import { stripTypes } from './strip-types.ts';

type Failure = { readonly result: ChildOutcome; readonly reusable: boolean };

/** Runs one program in a new isolate and sends its output and, last, its result. */
export function runJavaScript(job: Job, send: Send): void {
  const startMs = performance.now();
  const prepared = prepareSources(job);
  if ('result' in prepared) {
    const usage = { wallTimeMs: performance.now() - startMs, cpuTimeMs: 0, memoryMiB: 0 };
    send({ type: 'done', result: prepared.result, reusable: prepared.reusable, usage });
    return;
  }
  const isolate = new ivm.Isolate({ memoryLimit: job.limits.memoryLimitMiB });
  const cpuBefore = process.cpuUsage();
  // An isolate that met its memory limit is gone and cannot be measured: report the process's time and the limit instead.
  const usage = () => {
    const cpu = process.cpuUsage(cpuBefore);
    const ofProcess = { cpuTimeMs: (cpu.user + cpu.system) / 1_000, memoryMiB: job.limits.memoryLimitMiB };
    return { wallTimeMs: performance.now() - startMs, ...(measure(isolate) ?? ofProcess) };
  };
  const finish = (result: ChildOutcome, reusable: boolean) => {
    send({ type: 'done', result, usage: usage(), reusable });
  };
  const write = outputWriter(job.limits, send, () => {
    // The program could catch an exception, so the process ends with the message instead.
    finish({ outcome: 'output-limit', limitBytes: job.limits.maxOutputBytes }, false);
    endProcess();
  });
  const result = runInIsolate(isolate, { job, sources: prepared, write, startMs });
  finish(result, !isolate.isDisposed);
  if (!isolate.isDisposed) isolate.dispose();
}

function prepareSources({ program }: Job): Sources | Failure {
  const sources = { code: program.code, tests: program.tests ?? '' };
  if (program.language === 'javascript') return sources;
  const [code, tests] = [stripTypes(sources.code), stripTypes(sources.tests)];
  for (const [where, stripped] of [['code', code] as const, ['tests', tests] as const]) {
    if (stripped.ok) continue;
    return {
      result: { outcome: 'syntax-error', where, message: stripped.message },
      reusable: !stripped.spent,
    };
  }
  return { code: code.ok ? code.code : '', tests: tests.ok ? tests.code : '' };
}

function measure(isolate: ivm.Isolate): { cpuTimeMs: number; memoryMiB: number } | undefined {
  if (isolate.isDisposed) return undefined;
  const cpuTimeMs = Number(isolate.cpuTime) / 1e6;
  const heap = isolate.getHeapStatisticsSync();
  return { cpuTimeMs, memoryMiB: (heap.used_heap_size + heap.externally_allocated_size) / 2 ** 20 };
}
