import { SipfError } from '@sipf/errors';
import type { DecoderRunner } from './decoder-runner.ts';
import type { GenerationTask } from './generation-task.ts';
import { Lane } from './lane.ts';

/** Idle lanes whose buffers are kept for the next request of their width. */
const KEPT_IDLE_LANES = 4;

/** Runs tasks to their end by continuous batching; all of them advance in turn, step by step. */
export class DecodeLoop {
  readonly #runner: DecoderRunner;
  /** By adapter and width. */
  readonly #lanes = new Map<string, Lane>();
  #arrivals: GenerationTask[] = [];
  #running: Promise<void> | undefined;
  #closed = false;

  constructor(runner: DecoderRunner) {
    this.#runner = runner;
  }

  /** Takes a task; its listener gets the rest. */
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
    this.#clear();
  }

  async #run(): Promise<void> {
    try {
      while (!this.#closed) {
        this.#placeArrivals();
        const open = [...this.#lanes.values()].filter((lane) => !lane.idle);
        if (open.length === 0) break;
        for (const lane of open) await lane.turn();
      }
      if (this.#closed) this.#failAll(closedError());
    } catch (error) {
      this.#failAll(error);
    } finally {
      this.#running = undefined;
    }
    this.#dropIdleLanes();
    if (this.#arrivals.length > 0 && !this.#closed) this.#running ??= this.#run();
  }

  #placeArrivals(): void {
    for (const task of this.#arrivals) this.#laneOf(task).enqueue(task);
    this.#arrivals = [];
  }

  #laneOf({ laneWidth, request: { adapter } }: GenerationTask): Lane {
    const key = `${adapter ?? ''}/${laneWidth}`;
    const known = this.#lanes.get(key);
    if (known !== undefined) return known;
    const lane = new Lane(this.#runner.of(adapter));
    this.#lanes.set(key, lane);
    return lane;
  }

  #failAll(error: unknown): void {
    const placed = [...this.#lanes.values()].flatMap((lane) => [...lane.tasks()]);
    const tasks = new Set([...placed, ...this.#arrivals]);
    this.#clear();
    this.#arrivals = [];
    for (const task of tasks) if (!task.cancelled) task.fail(error);
  }

  #dropIdleLanes(): void {
    for (const [key, lane] of this.#lanes) {
      if (this.#lanes.size <= KEPT_IDLE_LANES) return;
      if (!lane.idle) continue;
      lane.close();
      this.#lanes.delete(key);
    }
  }

  #clear(): void {
    for (const lane of this.#lanes.values()) lane.close();
    this.#lanes.clear();
  }
}

function closedError(): SipfError {
  return new SipfError('cancelled', 'the model was unloaded while the request ran', {
    reason: 'MODEL_UNLOADED',
  });
}
