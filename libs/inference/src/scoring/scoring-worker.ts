import { SipfError } from '@sipf/errors';
import type { SessionOptions } from '../session/execution-provider.ts';
import { serveWorker } from '../session/serve-worker.ts';
import type { AttachOrder, DetachOrder, LoadOrder } from '../weights/model-host.ts';
import type { ModelFacts } from '../weights/model-source.ts';
import { openAdapter } from '../weights/open-adapter.ts';
import { openModel, type OpenModel } from '../weights/open-model.ts';
import { createRowScorer, type RowScorer, type ScoreBatch } from './row-scorer.ts';

interface Loaded {
  readonly model: OpenModel;
  readonly scorer: RowScorer;
}

let loaded: Loaded | undefined;

async function load({ source, layout }: LoadOrder<SessionOptions>): Promise<ModelFacts> {
  const model = await openModel(source);
  loaded = { model, scorer: createRowScorer(model, layout) };
  return model.facts;
}

async function attach({ name, folder }: AttachOrder): Promise<ModelFacts> {
  const { model, scorer } = current();
  const adapter = await openAdapter(model, folder);
  scorer.attach(name, adapter);
  return adapter.facts;
}

async function close(): Promise<void> {
  const previous = loaded;
  loaded = undefined;
  await previous?.scorer.close();
  previous?.model.close();
}

function current(): Loaded {
  if (loaded !== undefined) return loaded;
  throw new SipfError('failed-precondition', 'no model is loaded', { reason: 'MODEL_NOT_LOADED' });
}

serveWorker({
  handlers: {
    load: (payload) => load(payload as LoadOrder<SessionOptions>),
    attach: (payload) => attach(payload as AttachOrder),
    detach: (payload) => loaded?.scorer.detach((payload as DetachOrder).name),
    score: (payload, call) => current().scorer.score(payload as ScoreBatch, call.signal),
  },
  close,
});
