import { SipfError } from '@sipf/errors';
import { lengthBucket } from './buckets.ts';
import { chooseTokens, type ChosenToken } from './choose-token.ts';
import type { DecodeBatch } from './decode-batch.ts';
import type { DecoderRunner, WantedTokens, ReadPrompt } from './decoder-runner.ts';
import type { ResolvedRequest } from './generation-request.ts';
import type { DecodeRow, GenerationTask } from './generation-task.ts';
import { repeatedTokens, stepsTogether } from './repeated-steps.ts';
import { rowChoices, type RowChoices } from './row-choices.ts';
import { SlotTable } from './slot-table.ts';

/** Rows that step together: as many as there are, up to the runner's slots. */
export class Lane {
  readonly #runner: DecoderRunner;
  readonly #batch: DecodeBatch;
  readonly #slots = new SlotTable<DecodeRow>();
  #queue: GenerationTask[] = [];

  constructor(runner: DecoderRunner) {
    this.#runner = runner;
    this.#batch = runner.createBatch();
  }

  get idle(): boolean {
    return this.#queue.length === 0 && this.#slots.taken === 0;
  }

  enqueue(task: GenerationTask): void {
    this.#queue.push(task);
  }

  /** Frees what lies on a device; no step may be running. */
  close(): void {
    this.#batch.close();
  }

  /** Every task that has not ended. */
  tasks(): Set<GenerationTask> {
    return new Set([...this.#queue, ...this.#slots.entries().map(([, row]) => row.task)]);
  }

  /** Forgets cancelled tasks, fills free slots in order of arrival, and runs one step. */
  async turn(): Promise<void> {
    this.#dropCancelled();
    await this.#refill();
    this.#slots.compact((from, to) => {
      this.#batch.move(from, to);
    });
    if (this.#slots.taken > 0) await this.#step();
  }

  #dropCancelled(): void {
    this.#queue = this.#queue.filter((task) => !task.cancelled);
    for (const [slot, row] of this.#slots.entries()) if (row.task.cancelled) this.#release(slot);
  }

  async #refill(): Promise<void> {
    while (this.#slots.taken < this.#runner.slots) {
      const task = this.#queue[0];
      if (task === undefined) return;
      task.cache ??= await this.#read(task);
      if (task.cancelled) {
        this.#queue.shift();
        continue;
      }
      if (task.request.sampling.maxNewTokens === 0) {
        while (task.waiting > 0) task.endRow(task.startRow(), 'length');
        this.#queue.shift();
        continue;
      }
      while (this.#slots.taken < this.#runner.slots && task.waiting > 0) {
        const slot = this.#slots.take(task.startRow());
        this.#batch.add(slot, task.cache, task.request.promptIds.at(-1) as number);
      }
      if (task.waiting === 0) this.#queue.shift();
    }
  }

  /** Prefills the task's prompt together with waiting ones of its bucket. */
  async #read(task: GenerationTask): Promise<NonNullable<GenerationTask['cache']>> {
    if (task.prefix.length === 0) {
      if (task.request.promptLogProbs) task.prompt = [];
      return this.#runner.emptyCache();
    }
    const bucket = lengthBucket(task.prefix.length);
    const alike = this.#queue.filter(
      (other) =>
        other.cache === undefined && other.prefix.length > 0 && lengthBucket(other.prefix.length) === bucket,
    );
    const readers = alike.slice(0, this.#runner.prefillRows(bucket));
    const read = await this.#runner.prefill(
      readers.map(({ prefix: ids, request }) => ({
        ids,
        wanted: request.promptLogProbs ? wantedOf(request) : undefined,
      })),
      bucket,
    );
    readers.forEach((reader, index) => {
      const { cache, logProbs } = read[index] as ReadPrompt;
      reader.cache = cache;
      reader.prompt = logProbs;
      if (logProbs?.some(({ logProb }) => Number.isNaN(logProb))) reader.fail(notANumber());
    });
    return (read[readers.indexOf(task)] as ReadPrompt).cache;
  }

  async #step(): Promise<void> {
    const rows = this.#slots.entries().map(([, row]) => row);
    const ranked = [...rows.keys()].filter((row) => (rows[row] as DecodeRow).task.request.topLogProbs > 0);
    const choices = rowChoices(
      rows.map(({ task }) => task.request.sampling),
      ranked,
    );
    const ended = new Set<DecodeRow>();
    for (const chosen of await this.#nextTokens(rows, choices)) {
      rows.forEach((row, slot) => {
        if (!ended.has(row) && this.#take(row, slot, chosen[slot] as ChosenToken)) ended.add(row);
      });
    }
  }

  /** Each row's tokens of one run, step by step. */
  async #nextTokens(rows: readonly DecodeRow[], choices: RowChoices): Promise<ChosenToken[][]> {
    const { stepsPerRun } = this.#runner;
    if (stepsPerRun === 1) {
      return [chooseTokens(choices, await this.#batch.step(rows.length, choices), rows)];
    }
    const repeated = { steps: stepsTogether(rows, choices, stepsPerRun), rows };
    return repeatedTokens(repeated, choices, await this.#batch.step(rows.length, choices, repeated));
  }

  /** Gives a row its next token. @returns whether it ends with it */
  #take(row: DecodeRow, slot: number, { token, logProb, top }: ChosenToken): boolean {
    if (Number.isNaN(logProb)) {
      this.#release(slot);
      if (!row.task.cancelled) row.task.fail(notANumber());
      return true;
    }
    if (top !== undefined) row.top.push(top);
    const finishReason = row.completion.push(token, logProb);
    if (finishReason === undefined) {
      this.#batch.feed(slot, token);
      row.task.reportPiece(row);
      return false;
    }
    this.#release(slot);
    if (!row.task.cancelled) row.task.endRow(row, finishReason);
    return true;
  }

  #release(slot: number): void {
    this.#slots.release(slot);
    this.#batch.release(slot);
  }
}

/** Every token of a prompt but its first, before which nothing is. */
function wantedOf({ promptIds, topLogProbs }: ResolvedRequest): WantedTokens {
  return { tokens: promptIds.slice(1), top: topLogProbs };
}

function notANumber(): SipfError {
  const message =
    'the logits of the model are not numbers: its weights, or those of its adapter, are damaged; ' +
    'or, in float16, its activations are beyond 65504: choose bfloat16 or float32';
  return new SipfError('failed-precondition', message, { reason: 'MODEL_INVALID' });
}
