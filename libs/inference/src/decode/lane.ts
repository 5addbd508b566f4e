import type { SamplingKind } from '../sampling/sampling-settings.ts';
import { lengthBucket } from './buckets.ts';
import { tokenChooser } from './choose-token.ts';
import type { DecodeBatch } from './decode-batch.ts';
import type { DecoderRunner } from './decoder-runner.ts';
import type { DecodeRow, GenerationTask } from './generation-task.ts';
import { createSlotTable, type SlotTable } from './slot-table.ts';

/** Rows of one sampling kind and one key capacity that step together. */
export class Lane {
  readonly kind: SamplingKind;
  readonly capacity: number;
  readonly #runner: DecoderRunner;
  readonly #batch: DecodeBatch;
  readonly #slots: SlotTable<DecodeRow>;
  #queue: GenerationTask[] = [];

  constructor(kind: SamplingKind, batch: DecodeBatch, runner: DecoderRunner) {
    this.kind = kind;
    this.capacity = batch.size.capacity;
    this.#runner = runner;
    this.#batch = batch;
    this.#slots = createSlotTable<DecodeRow>(batch.size.slots);
  }

  get idle(): boolean {
    return this.#queue.length === 0 && this.#slots.taken === 0;
  }

  enqueue(task: GenerationTask): void {
    this.#queue.push(task);
  }

  /** Every task that has not ended. */
  tasks(): Set<GenerationTask> {
    return new Set([...this.#queue, ...this.#slots.entries().map(([, row]) => row.task)]);
  }

  /** Forgets cancelled tasks, fills free slots in order of arrival, and runs one step. */
  async turn(): Promise<void> {
    this.#dropCancelled();
    await this.#refill();
    if (this.#slots.taken > 0) await this.#step();
  }

  #dropCancelled(): void {
    this.#queue = this.#queue.filter((task) => !task.cancelled);
    for (const [slot, row] of this.#slots.entries()) if (row.task.cancelled) this.#slots.release(slot);
  }

  async #refill(): Promise<void> {
    while (this.#slots.free > 0) {
      const task = this.#queue[0];
      if (task === undefined) return;
      task.cache ??= await this.#read(task);
      while (this.#slots.free > 0 && task.waiting > 0) {
        const row = task.startRow();
        this.#batch.fill(this.#slots.take(row), task.cache, task.order.promptIds.at(-1) as number);
      }
      if (task.waiting === 0) this.#queue.shift();
    }
  }

  /** Prefills the task's prompt together with waiting ones of its bucket. */
  async #read(task: GenerationTask): Promise<NonNullable<GenerationTask['cache']>> {
    if (task.prefix.length === 0) return this.#runner.emptyCache();
    const bucket = lengthBucket(task.prefix.length);
    const alike = this.#queue.filter(
      (other) =>
        other.cache === undefined && other.prefix.length > 0 && lengthBucket(other.prefix.length) === bucket,
    );
    const readers = alike.slice(0, this.#runner.prefillRows(bucket));
    const caches = await this.#runner.prefill(
      readers.map((reader) => reader.prefix),
      bucket,
    );
    readers.forEach((reader, index) => (reader.cache = caches[index]));
    return caches[readers.indexOf(task)] as NonNullable<GenerationTask['cache']>;
  }

  async #step(): Promise<void> {
    const rows = this.#slots.entries();
    const choose = tokenChooser(this.kind, await this.#batch.step(rows.map(([slot]) => slot)));
    for (const [slot, row] of rows) {
      const { token, logProb } = choose(slot, row);
      const finishReason = row.completion.push(token, logProb);
      if (finishReason === undefined) {
        this.#batch.feed(slot, token);
      } else {
        this.#slots.release(slot);
        if (!row.task.cancelled) row.task.endRow(row, finishReason);
      }
    }
  }
}
