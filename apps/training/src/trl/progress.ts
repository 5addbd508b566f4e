import { SipfError } from '@sipf/errors';
import { open, type FileHandle } from 'node:fs/promises';
import { z } from 'zod';

const word = z.string().max(200);

const environment = z.object({
  event: z.literal('environment'),
  /** By package; empty for one that is not installed. */
  versions: z.record(z.string(), word),
  /** Those that the trainer is tested with. */
  knownVersions: z.record(z.string(), word),
  device: word,
  precision: word,
  quantisation: word,
  sharding: word,
  processes: z.int().min(1),
});

/** What a training runs on. */
export type TrainerEnvironment = z.infer<typeof environment>;

const events = z.discriminatedUnion('event', [
  environment,
  z.object({ event: z.literal('started'), totalSteps: z.int().min(0) }),
  z.object({
    event: z.literal('step'),
    step: z.int().min(1),
    epoch: z.number(),
    values: z.record(z.string(), z.number()),
  }),
  z.object({ event: z.literal('checkpoint'), step: z.int().min(0) }),
  z.object({
    event: z.literal('failed'),
    reason: z.enum(['TRAINING_DIVERGED', 'TRAINER_FAILED']),
    message: z.string().max(1000),
  }),
  z.object({ event: z.literal('finished') }),
]);

/** An event of a trainer. */
export type Progress = z.infer<typeof events>;

/** No event's line is longer than this. */
const MAX_LINE = 1 << 20;

/** Reads a file of JSON lines that another process is writing. */
export class ProgressFile {
  readonly #path: string;
  #file: FileHandle | undefined;
  #rest = '';
  readonly #decoder = new TextDecoder();

  constructor(path: string) {
    this.#path = path;
  }

  /**
   * The events written since the last call; none while the file does not exist.
   * @throws SipfError data-loss TRAINER_FAILED for an invalid event
   */
  async news(): Promise<Progress[]> {
    this.#file ??= await open(this.#path).catch(() => undefined);
    if (this.#file === undefined) return [];
    for (;;) {
      const { bytesRead, buffer } = await this.#file.read({ buffer: Buffer.alloc(1 << 16) });
      if (bytesRead === 0) break;
      this.#rest += this.#decoder.decode(buffer.subarray(0, bytesRead), { stream: true });
      if (this.#rest.length > MAX_LINE && !this.#rest.includes('\n')) throw invalidEvent();
    }
    const lines = this.#rest.split('\n');
    this.#rest = lines.pop() ?? '';
    return lines.map(parseEvent);
  }

  async close(): Promise<void> {
    await this.#file?.close();
  }
}

function parseEvent(line: string): Progress {
  try {
    return events.parse(JSON.parse(line));
  } catch (cause) {
    throw invalidEvent(cause);
  }
}

function invalidEvent(cause?: unknown): SipfError {
  return new SipfError('data-loss', 'the trainer wrote an invalid event', {
    reason: 'TRAINER_FAILED',
    cause,
  });
}
