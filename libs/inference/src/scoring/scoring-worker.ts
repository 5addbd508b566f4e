import { WorkerModel } from '../host/worker-model.ts';
import type { SessionOptions } from '../session/execution-provider.ts';
import { serveWorker } from '../session/serve-worker.ts';
import { RowScorer } from './row-scorer.ts';
import type { Scoring } from './scoring.ts';

const model = new WorkerModel((weights, options: SessionOptions) => new RowScorer(weights, options));

serveWorker<Scoring>({
  handlers: {
    ...model.handlers,
    score: (batch, { signal }) => model.engine.score(batch, signal),
  },
  close: () => model.close(),
});
