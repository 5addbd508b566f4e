import { serveWorker } from '@sipf/inference';
import type { Training } from './training-job.ts';
import { runTraining } from './training-loop.ts';

serveWorker<Training>({
  handlers: {
    train: async (job, { signal, emit }) => {
      for await (const event of runTraining(job, signal)) emit(event);
    },
  },
  close: () => undefined,
});
