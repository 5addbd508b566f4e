import { delay } from 'abort-controller-x';
import type { RunNews } from './active-run.ts';
import type { RunRegistry } from './run-registry.ts';

/** Between two looks at the log of a run that another orchestrator drives. */
const LOOK_MS = 500;

/**
 * The entries of a run that another process drives, from an index on, as its log gets them; and its news where this process
 * takes it over meanwhile. Ends when nobody drives it.
 */
export async function* watchElsewhere(
  registry: Pick<RunRegistry, 'active' | 'entries' | 'look'>,
  { runId, fromEntry }: { readonly runId: string; readonly fromEntry: number },
  signal: AbortSignal,
): AsyncGenerator<RunNews> {
  let next = fromEntry;
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
    await delay(signal, LOOK_MS);
  }
}
