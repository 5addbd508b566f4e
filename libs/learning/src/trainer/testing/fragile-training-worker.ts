import { serveWorker } from '@sipf/inference';
import { existsSync, writeFileSync } from 'node:fs';
import type { Training } from '../training-job.ts';
import { runTraining } from '../training-loop.ts';

/** A training worker that exits after its fifth update, once: the file that FRAGILE_WORKER_FLAG names is made then. */
const flag = process.env['FRAGILE_WORKER_FLAG'] ?? '';

serveWorker<Training>({
  handlers: {
    train: async (job, { signal, emit }) => {
      for await (const event of runTraining(job, signal)) {
        emit(event);
        if (event.kind !== 'step' || event.step !== 5 || existsSync(flag)) continue;
        writeFileSync(flag, '');
        process.exit(3);
      }
    },
  },
  close: () => undefined,
});
