import { serveWorker } from '../session/serve-worker.ts';
import type { Merging } from './merge-folder.ts';
import { writeMerged } from './write-merged.ts';

let merging: Promise<unknown> | undefined;

serveWorker<Merging>({
  handlers: {
    merge: (order, { signal }) => {
      const merged = writeMerged(order, signal);
      merging = merged.catch(() => undefined);
      return merged;
    },
  },
  // A cancelled merge takes its draft away before the thread ends.
  close: async () => {
    await merging;
  },
});
