import { existsSync, writeFileSync } from 'node:fs';
import { serveWorker } from '@sipf/inference';
import type { TrainingJob } from '../training-job.ts';
import { runTraining } from '../training-loop.ts';

/** A training worker that exits after its fifth update, once: the file that FRAGILE_WORKER_FLAG names is made then. */
const flag = process.env['FRAGILE_WORKER_FLAG'] ?? '';

serveWorker({
  handlers: {
    train: async (payload, { signal, emit }) => {
      for await (const event of runTraining(payload as TrainingJob, signal)) {
        emit(event);
        if (event.kind !== 'step' || event.step !== 5 || existsSync(flag)) continue;
        writeFileSync(flag, '');
        process.exit(3);
      }
    },
  },
  close: () => undefined,
});
