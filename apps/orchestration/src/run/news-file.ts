import { untilAborted } from '@sipf/async';
import { layoutIn } from '@sipf/runs';
import { delay } from 'abort-controller-x';
import { renameSync, writeFileSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { z } from 'zod';
import type { ActiveRun } from './active-run.ts';

/** Between two writings. */
const PAUSE_MS = 1000;

const progress = z.object({
  stage: z.string(),
  iteration: z.int(),
  done: z.number(),
  total: z.number(),
  figures: z.record(
    z.string(),
    z
      .number()
      .nullable()
      .transform((value) => value ?? NaN),
  ),
});
const shownNews = z.object({
  waitsFor: z.string(),
  progress: z.array(progress).readonly(),
});

/** What a log does not say of a run at work. */
export type ShownNews = Readonly<z.infer<typeof shownNews>>;

/**
 * Keeps what the log of a run does not say in a file of its folder, for orchestrators that do not drive it, until `signal`
 * aborts. Nothing depends on it.
 */
export async function showNews(folder: string, run: ActiveRun, signal: AbortSignal): Promise<void> {
  const path = layoutIn(folder).news;
  while (!signal.aborted) {
    const { changed } = run;
    try {
      // In one turn with the writing, so that who was taken over does not write.
      run.lease.checkNow();
      const { waitsFor } = run;
      writeFileSync(`${path}.tmp`, JSON.stringify({ waitsFor, progress: run.progress }));
      renameSync(`${path}.tmp`, path);
    } catch {
      // The disk may be full, the lease lost.
    }
    await untilAborted(changed, signal);
    await delay(signal, PAUSE_MS).catch(() => undefined);
  }
  if (!run.lease.lost.aborted) await rm(path, { force: true }).catch(() => undefined);
}

/** Undefined where there is none, or none that can be read. */
export async function readNews(folder: string): Promise<ShownNews | undefined> {
  try {
    return shownNews.parse(JSON.parse(await readFile(layoutIn(folder).news, 'utf8')));
  } catch {
    return undefined;
  }
}
