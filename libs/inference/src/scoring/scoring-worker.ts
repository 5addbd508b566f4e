import { SipfError } from '@sipf/errors';
import type { SessionOptions } from '../session/session.ts';
import { serveWorker } from '../session/serve-worker.ts';
import type { LoadOrder } from '../weights/model-host.ts';
import type { ModelFacts } from '../weights/model-source.ts';
import { openModel, type OpenModel } from '../weights/open-model.ts';
import { createRowScorer, type RowScorer, type ScoreRow } from './row-scorer.ts';
import type { ScoreKind } from './score-graphs.ts';

/** Payload of `score`: one micro-batch. */
export interface ScoreOrder {
  readonly kind: ScoreKind;
  readonly bucket: number;
  readonly rows: readonly ScoreRow[];
}

let loaded: { readonly model: OpenModel; readonly scorer: RowScorer } | undefined;
let running: Promise<unknown> = Promise.resolve();

async function load({ source, layout }: LoadOrder<SessionOptions>): Promise<ModelFacts> {
  const model = await openModel(source);
  loaded = { model, scorer: createRowScorer(model, layout) };
  return model.facts;
}

async function close(): Promise<void> {
  const previous = loaded;
  loaded = undefined;
  await running;
  await previous?.scorer.close();
  previous?.model.close();
}

/** Micro-batches run one after the other: each fills the thread. */
function score({ kind, rows, bucket }: ScoreOrder, signal: AbortSignal): Promise<Float32Array[]> {
  const scored = running.then(() => {
    if (loaded !== undefined) return signal.aborted ? [] : loaded.scorer.score(kind, rows, bucket);
    throw new SipfError('failed-precondition', 'no model is loaded', { reason: 'MODEL_NOT_LOADED' });
  });
  running = scored.catch(() => undefined);
  return scored;
}

serveWorker({
  handlers: {
    load: (payload) => load(payload as LoadOrder<SessionOptions>),
    score: (payload, call) => score(payload as ScoreOrder, call.signal),
  },
  close,
});
