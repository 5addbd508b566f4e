import { delay } from 'abort-controller-x';
import { isDeepStrictEqual } from 'node:util';
import type { RunNews } from './active-run.ts';
import { readNews, type ShownNews } from './news-file.ts';
import type { RunRegistry } from './run-registry.ts';

/** Between two looks at the log of a run that another orchestrator drives. */
const LOOK_MS = 500;

/**
 * The news of a run that another process drives: entries from an index on as its log gets them, the rest as it is shown beside
 * it; and its own where this process takes it over meanwhile. Ends when nobody drives it.
 */
export async function* watchElsewhere(
  registry: Pick<RunRegistry, 'active' | 'entries' | 'folder' | 'look'>,
  { runId, fromEntry }: { readonly runId: string; readonly fromEntry: number },
  signal: AbortSignal,
): AsyncGenerator<RunNews> {
  let next = fromEntry;
  let seen: ShownNews = { waitsFor: '', progress: [] };
  for (;;) {
    // Asked before the log is read: what its holder wrote last is then in it.
    const found = await registry.look(runId);
    const active = registry.active(runId);
    if (active !== undefined) {
      yield* active.news(next, signal);
      return;
    }
    for (const entry of (await registry.entries(runId)).slice(next)) {
      next = entry.index + 1;
      yield { kind: 'entry', entry };
    }
    if (!('driven' in found && found.driven)) return;
    const news = (await readNews(registry.folder(runId))) ?? seen;
    for (const value of news.progress)
      if (!seen.progress.some((before) => isDeepStrictEqual(before, value)))
        yield { kind: 'progress', progress: value };
    if (news.waitsFor !== seen.waitsFor) yield { kind: 'waiting', why: news.waitsFor };
    seen = news;
    await delay(signal, LOOK_MS);
  }
}
