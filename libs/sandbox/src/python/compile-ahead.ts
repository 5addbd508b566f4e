import { SipfError } from '@sipf/errors';
import { randomBytes } from 'node:crypto';
import { setFlagsFromString } from 'node:v8';
import { serializeCode } from './compiled-code.ts';
import { maxPages } from './linking.ts';
import { PythonHost } from './python-host.ts';
import type { PythonImage } from './python-image.ts';

/** The budget after which the engine optimises a function: far less than its default of 13 million. */
const trainingBudget = 100_000;
const usualBudget = 13_000_000;
const rounds = 20;
const idle = { periodMs: 50, cpuTimeMs: 5, maxPeriods: 600 };
const timeoutMs = 60_000;

/**
 * Runs a program repeatedly until the engine has optimised the parts of the interpreter that it uses, and returns that machine
 * code. Otherwise the engine would repeat this in every child process, during the first hundreds of programs.
 */
export function compileAhead(image: PythonImage, program: string): Uint8Array<ArrayBuffer> {
  setFlagsFromString(`--wasm-tiering-budget=${trainingBudget}`);
  const module = new WebAssembly.Module(image.module);
  const host = new PythonHost(image, module);
  for (let round = 0; round < rounds; round += 1) runOnce(host, program);
  const isDone = waitForCompiler();
  setFlagsFromString(`--wasm-tiering-budget=${usualBudget}`);
  return isDone ? serializeCode(module) : new Uint8Array(0);
}

function runOnce(host: PythonHost, program: string): void {
  const python = host.resume(() => undefined);
  const text = Uint8Array.from(Buffer.from(program));
  const input = {
    stdin: new Uint8Array(0),
    randomBytes: Uint8Array.from(randomBytes(4_096)),
    maxPages,
    maxFileBytes: 2 ** 20,
  };
  const report = python.run(input, { code: text, tests: text, nonce: '' }, timeoutMs);
  python.dispose();
  if (report.status === 'finished') return;
  throw new SipfError('unavailable', `the interpreter's training program fails: ${report.message}`, {
    reason: 'SANDBOX_START_FAILED',
  });
}

/** Whether the engine's optimising threads became idle: code must not be serialised while they work. */
function waitForCompiler(): boolean {
  const isIdle = () => {
    const before = process.cpuUsage();
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, idle.periodMs);
    const used = process.cpuUsage(before);
    return (used.user + used.system) / 1_000 < idle.cpuTimeMs;
  };
  for (let period = 0; period < idle.maxPeriods; period += 1) {
    if (isIdle()) return true;
  }
  return false;
}
