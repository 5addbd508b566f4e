import { layoutIn } from '@sipf/runs';
import { delay } from 'abort-controller-x';
import { existsSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';

/** Between two looks for a wish. */
const LOOK_MS = 500;

/** Asks whoever drives a run, which is another process, or takes it over, to cancel it. */
export async function wishCancelled(folder: string): Promise<void> {
  await writeFile(layoutIn(folder).cancelWish, '');
}

/** A wish of before does not concern who resumes the run now. */
export async function forgetWish(folder: string): Promise<void> {
  await rm(layoutIn(folder).cancelWish, { force: true });
}

/** Resolves when somebody wishes the run to be cancelled. @throws AbortError when `signal` aborts first */
export async function untilWished(folder: string, signal: AbortSignal): Promise<void> {
  while (!existsSync(layoutIn(folder).cancelWish)) await delay(signal, LOOK_MS);
  await forgetWish(folder);
}
