import { abortError } from '@sipf/async';
import { SipfError } from '@sipf/errors';
import type { DecoderConfig, Tokenizer } from '@sipf/models';
import type { ModelEngine } from '../host/worker-model.ts';
import type { Placement } from '../session/placement.ts';
import type { WorkerCall } from '../session/serve-worker.ts';
import type { OpenAdapter } from '../weights/open-adapter.ts';
import type { OpenModel } from '../weights/open-model.ts';
import { DecodeLoop } from './decode-loop.ts';
import type { EngineSample, SamplePiece } from './generated-sample.ts';
import type { ResolvedRequest } from './generation-request.ts';
import { GenerationTask } from './generation-task.ts';
import { createSessionRunner, type RunnerOptions, type SessionRunner } from './session-runner.ts';

/** Starts what samples from a model. @throws SipfError failed-precondition NOT_A_LANGUAGE_MODEL */
export async function openGenerationEngine(
  model: OpenModel,
  layout: RunnerOptions,
): Promise<GenerationEngine> {
  checkWrites(model.config);
  return new GenerationEngine(await createSessionRunner(model, layout), model.tokenizer);
}

/** What samples from a model in a worker. */
export class GenerationEngine implements ModelEngine {
  readonly #runner: SessionRunner;
  readonly #loop: DecodeLoop;
  readonly #tokenizer: Tokenizer | undefined;

  constructor(runner: SessionRunner, tokenizer: Tokenizer | undefined) {
    this.#runner = runner;
    this.#loop = new DecodeLoop(runner);
    this.#tokenizer = tokenizer;
  }

  /** Emits every sample as it ends and, where they are wanted, the pieces before it. */
  generate(
    request: ResolvedRequest,
    { signal, emit }: WorkerCall<EngineSample | SamplePiece>,
  ): Promise<void> {
    return new Promise((resolve, reject) => {
      const listener = { sample: emit, piece: emit, done: resolve, failed: reject };
      const task = new GenerationTask(request, this.#tokenizer, listener);
      signal.addEventListener('abort', () => {
        task.fail(abortError(signal));
      });
      this.#loop.submit(task);
    });
  }

  placement(): Promise<Placement | undefined> {
    return this.#runner.placement();
  }

  /** @throws SipfError failed-precondition NOT_A_LANGUAGE_MODEL */
  async attach(name: string, adapter: OpenAdapter): Promise<void> {
    checkWrites(adapter.config);
    await this.#runner.attach(name, adapter);
  }

  detach(name: string): Promise<void> {
    return this.#runner.detach(name);
  }

  async close(): Promise<void> {
    await this.#loop.close();
    await this.#runner.close();
  }
}

function checkWrites({ head }: DecoderConfig): void {
  if (head === 'lm') return;
  throw new SipfError('failed-precondition', 'the model has a verifier head and cannot write text', {
    reason: 'NOT_A_LANGUAGE_MODEL',
  });
}
