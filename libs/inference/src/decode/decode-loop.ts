import { SipfError } from '@sipf/errors';
import type { DecoderRunner } from './decoder-runner.ts';
import type { GenerationTask } from './generation-task.ts';
import { Lane } from './lane.ts';

/** Idle lanes whose buffers are kept for the next request of their shape. */
const KEPT_IDLE_LANES = 4;

/** Runs tasks to their end by continuous batching; all of them advance in turn, step by step. */
export class DecodeLoop {
  readonly #runner: DecoderRunner;
  readonly #lanes = new Map<string, Promise<Lane>>();
  #arrivals: GenerationTask[] = [];
  #running: Promise<void> | undefined;
  #closed = false;

  constructor(runner: DecoderRunner) {
    this.#runner = runner;
  }

  /** Takes a task; its listener hears the rest. */
  submit(task: GenerationTask): void {
    if (this.#closed) {
      task.fail(closedError());
      return;
    }
    this.#arrivals.push(task);
    this.#running ??= this.#run();
  }

  /** Fails what is not finished and resolves once no step is running. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#running;
    this.#lanes.clear();
  }

  async #run(): Promise<void> {
    try {
      while (!this.#closed) {
        await this.#placeArrivals();
        const open = (await Promise.all(this.#lanes.values())).filter((lane) => !lane.idle);
        if (open.length === 0) break;
        for (const lane of open) await lane.turn();
      }
      if (this.#closed) await this.#failAll(closedError());
    } catch (error) {
      await this.#failAll(error);
    } finally {
      this.#running = undefined;
    }
    await this.#dropIdleLanes();
    if (this.#arrivals.length > 0 && !this.#closed) this.#running ??= this.#run();
  }

  async #placeArrivals(): Promise<void> {
    while (this.#arrivals.length > 0) {
      const task = this.#arrivals[0] as GenerationTask;
      const lane = await this.#laneFor(task);
      this.#arrivals.shift();
      lane.enqueue(task);
    }
  }

  #laneFor({ kind, capacity }: GenerationTask): Promise<Lane> {
    const key = `${kind}/${capacity}`;
    const known = this.#lanes.get(key);
    if (known !== undefined) return known;
    const lane = this.#runner
      .createBatch(kind, capacity)
      .then((batch) => new Lane(kind, batch, this.#runner));
    this.#lanes.set(key, lane);
    return lane;
  }

  async #failAll(error: unknown): Promise<void> {
    const lanes = await Promise.allSettled(this.#lanes.values());
    this.#lanes.clear();
    const placed = lanes.flatMap((lane) => (lane.status === 'fulfilled' ? [...lane.value.tasks()] : []));
    const tasks = new Set([...placed, ...this.#arrivals]);
    this.#arrivals = [];
    for (const task of tasks) if (!task.cancelled) task.fail(error);
  }

  async #dropIdleLanes(): Promise<void> {
    for (const [key, lane] of this.#lanes) {
      if (this.#lanes.size <= KEPT_IDLE_LANES) return;
      if ((await lane).idle) this.#lanes.delete(key);
    }
  }
}

function closedError(): SipfError {
  return new SipfError('cancelled', 'the model was unloaded while the request ran', {
    reason: 'MODEL_UNLOADED',
  });
}
