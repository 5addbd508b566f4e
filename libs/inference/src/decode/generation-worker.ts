import { abortError } from '@sipf/async';
import { SipfError } from '@sipf/errors';
import { serveWorker, type WorkerCall } from '../session/serve-worker.ts';
import type { AttachOrder, DetachOrder, LoadOrder } from '../weights/model-host.ts';
import type { ModelFacts } from '../weights/model-source.ts';
import { openAdapter } from '../weights/open-adapter.ts';
import { openModel, type OpenModel } from '../weights/open-model.ts';
import { DecodeLoop } from './decode-loop.ts';
import { GenerationTask, type GenerationOrder } from './generation-task.ts';
import { createSessionRunner, type RunnerOptions, type SessionRunner } from './session-runner.ts';

interface Loaded {
  readonly model: OpenModel;
  readonly runner: SessionRunner;
  readonly loop: DecodeLoop;
}

let loaded: Loaded | undefined;

async function load({ source, layout }: LoadOrder<RunnerOptions>): Promise<ModelFacts> {
  const model = await openModel(source);
  if (model.config.head !== 'lm') {
    model.close();
    throw notALanguageModel();
  }
  const runner = await createSessionRunner(model, layout);
  loaded = { model, runner, loop: new DecodeLoop(runner) };
  return model.facts;
}

async function attach({ name, folder }: AttachOrder): Promise<ModelFacts> {
  const { model, runner } = current();
  const adapter = await openAdapter(model, folder);
  if (adapter.config.head !== 'lm') throw notALanguageModel();
  await runner.attach(name, adapter);
  return adapter.facts;
}

async function close(): Promise<void> {
  const previous = loaded;
  loaded = undefined;
  if (previous === undefined) return;
  await previous.loop.close();
  await previous.runner.close();
  previous.model.close();
}

function generate(order: GenerationOrder, call: WorkerCall): Promise<void> {
  const { loop, model } = current();
  return new Promise((resolve, reject) => {
    const task = new GenerationTask(order, model.tokenizer, {
      sample: (sample) => {
        call.emit(sample);
      },
      piece: (piece) => {
        call.emit(piece);
      },
      done: resolve,
      failed: reject,
    });
    call.signal.addEventListener('abort', () => {
      task.fail(abortError(call.signal));
    });
    loop.submit(task);
  });
}

function current(): Loaded {
  if (loaded !== undefined) return loaded;
  throw new SipfError('failed-precondition', 'no model is loaded', { reason: 'MODEL_NOT_LOADED' });
}

function notALanguageModel(): SipfError {
  return new SipfError('failed-precondition', 'the model has a verifier head and cannot write text', {
    reason: 'NOT_A_LANGUAGE_MODEL',
  });
}

serveWorker({
  handlers: {
    load: (payload) => load(payload as LoadOrder<RunnerOptions>),
    attach: (payload) => attach(payload as AttachOrder),
    detach: (payload) => loaded?.runner.detach((payload as DetachOrder).name),
    generate: (payload, call) => generate(payload as GenerationOrder, call),
  },
  close,
});
