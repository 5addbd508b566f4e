import { randomBytes } from 'node:crypto';
import { StringDecoder } from 'node:string_decoder';
import type { Send } from '../child-loop.ts';
import type { Limits } from '../limits.ts';
import type { ChildOutcome, Job } from '../messages.ts';
import { outputWriter } from '../output-writer.ts';
import type { Usage } from '../verdict.ts';
import { pageBytes } from './linking.ts';
import type { PythonHost, ResumedPython, WriteBinary } from './python-host.ts';
import { readSources } from './read-sources.ts';
import type { PythonReport } from './realm/create-interpreter.ts';

const mebibyte = 2 ** 20;
/** Bytes of the Mersenne twister's seed, and the 16 bytes after it. */
const randomBytesPerProgram = 624 * 4 + 16;
const bytesOf = (text: string) => Uint8Array.from(Buffer.from(text));
const readable = (text: string) => Buffer.from(text, 'latin1').toString();

/** Creates the function that runs one job in a new interpreter; prepares the next interpreter ahead. */
export function createPythonWork(host: PythonHost): (job: Job, send: Send) => void {
  let write: WriteBinary = () => undefined;
  const resume = () =>
    host.resume((descriptor, text) => {
      write(descriptor, text);
    });
  let ready = resume();
  return (job, send) => {
    const python = ready;
    const flood = { isOver: false };
    write = decodingWriter(job.limits, send, flood);
    const meter = startMeter(host, python);
    const result = runProgram(python, job, host.imagePages);
    const usage = meter();
    python.dispose();
    const outcome: ChildOutcome = flood.isOver
      ? { outcome: 'output-limit', limitBytes: job.limits.maxOutputBytes }
      : result;
    send({ type: 'done', result: outcome, usage, reusable: true });
    ready = resume();
  };
}

/** The program's output as text; output beyond the limit throws through the interpreter, which no program can catch. */
function decodingWriter(limits: Limits, send: Send, flood: { isOver: boolean }): WriteBinary {
  const decoders = [new StringDecoder('utf8'), new StringDecoder('utf8')] as const;
  const writeText = outputWriter(limits, send, () => {
    flood.isOver = true;
    throw new RangeError('too much output');
  });
  return (descriptor, text) => {
    const decoder = descriptor === 1 ? decoders[0] : decoders[1];
    writeText(descriptor === 1 ? 'stdout' : 'stderr', decoder.write(Buffer.from(text, 'latin1')));
  };
}

function runProgram(python: ResumedPython, job: Job, imagePages: number): ChildOutcome {
  const { program, limits, nonce } = job;
  const sources = readSources(program);
  if ('outcome' in sources) return sources;
  const input = {
    stdin: bytesOf(program.stdin ?? ''),
    randomBytes: Uint8Array.from(randomBytes(randomBytesPerProgram)),
    maxPages: imagePages + Math.floor((limits.memoryLimitMiB * mebibyte) / pageBytes),
    maxFileBytes: limits.memoryLimitMiB * mebibyte,
  };
  try {
    const report = python.run(input, { ...sources, nonce }, limits.wallTimeMs);
    return toOutcome(report, job);
  } catch (error) {
    if (python.isolate.isDisposed) return { outcome: 'out-of-memory', limitMiB: limits.memoryLimitMiB };
    if (error instanceof Error && error.message === 'Script execution timed out.') {
      return { outcome: 'timed-out', clock: 'wall', limitMs: limits.wallTimeMs };
    }
    throw error;
  }
}

function toOutcome(report: PythonReport, { limits }: Job): ChildOutcome {
  if (report.status === 'finished') return { outcome: 'finished', proof: report.proof };
  const { kind, where, message, stack } = report;
  if (report.status === 'out-of-memory') return { outcome: 'out-of-memory', limitMiB: limits.memoryLimitMiB };
  if (report.status === 'syntax-error') return { outcome: 'syntax-error', where, message: readable(message) };
  return { outcome: 'failed', kind, message: readable(message), stack: readable(stack) };
}

function startMeter(host: PythonHost, python: ResumedPython): () => Usage {
  const startMs = performance.now();
  const cpuBefore = process.threadCpuUsage();
  return () => {
    const cpu = process.threadCpuUsage(cpuBefore);
    return {
      wallTimeMs: performance.now() - startMs,
      cpuTimeMs: (cpu.user + cpu.system) / 1_000,
      memoryMiB: ((python.pages() - host.imagePages) * pageBytes) / mebibyte,
    };
  };
}
