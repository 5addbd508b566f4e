import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';

/** Largest resident memory of this process since {@link forgetPeak}. Linux only. */
export function peakMiB(): number {
  return Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) / 1024;
}

/** Frees what may be freed (with --expose-gc) and starts {@link peakMiB} anew. */
export async function forgetPeak(): Promise<void> {
  // Array buffers are freed a moment after they are collected.
  for (let round = 0; round < 3; round++) {
    globalThis.gc?.();
    await setTimeout(100);
  }
  writeFileSync('/proc/self/clear_refs', '5');
}
