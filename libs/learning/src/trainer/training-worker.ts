import { serveWorker } from '@sipf/inference';
import type { TrainingJob } from './training-job.ts';
import { runTraining } from './training-loop.ts';

serveWorker({
  handlers: {
    train: async (payload, { signal, emit }) => {
      for await (const event of runTraining(payload as TrainingJob, signal)) emit(event);
    },
  },
  close: () => undefined,
});
