import { WorkerModel } from '../host/worker-model.ts';
import { serveWorker } from '../session/serve-worker.ts';
import { openGenerationEngine } from './generation-engine.ts';
import type { Generation } from './generation.ts';

const model = new WorkerModel(openGenerationEngine);

serveWorker<Generation>({
  handlers: {
    ...model.handlers,
    generate: async (request, call) => {
      await model.engine.generate(request, call);
    },
  },
  close: () => model.close(),
});
