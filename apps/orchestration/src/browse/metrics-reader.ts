import { createMetricsReader, requireFile } from '@sipf/runs';
import { open } from 'node:fs/promises';
import pLimit from 'p-limit';

/** The metrics of one stage: a value a step, NaN where a step lacks it. */
export interface StageMetrics {
  readonly steps: number[];
  readonly series: Map<string, number[]>;
}

const CHUNK_BYTES = 1 << 20;
const NEWLINE = 10;

/** Follows the growing metrics.jsonl of a run: a read resumes where the last one ended. */
export class MetricsReader {
  readonly #path: string;
  readonly stages = new Map<string, StageMetrics>();
  #position = 0;
  /** The file that was read: one that was cut off is another. */
  #inode = 0;
  #readLine = createMetricsReader();
  readonly #inTurn = pLimit(1);

  constructor(path: string) {
    this.#path = path;
  }

  /** Numbers that are held. */
  get weight(): number {
    return [...this.stages.values()].reduce(
      (sum, { steps, series }) => sum + steps.length * (series.size + 1),
      1,
    );
  }

  /**
   * Takes up what was appended; readers at the same time wait for each other. @throws SipfError LOG_CORRUPT for what is not a
   * file
   */
  refresh(): Promise<void> {
    return this.#inTurn(() => this.#read());
  }

  async #read(): Promise<void> {
    requireFile(this.#path, 'resume the run');
    const file = await open(this.#path, 'r').catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    });
    if (file === undefined) return;
    try {
      const { ino, size } = await file.stat();
      if (ino !== this.#inode || size < this.#position) this.#begin(ino);
      let buffer = Buffer.alloc(CHUNK_BYTES);
      for (;;) {
        const { bytesRead } = await file.read(buffer, 0, buffer.length, this.#position);
        const end = buffer.subarray(0, bytesRead).lastIndexOf(NEWLINE) + 1;
        // A line without its end is being written, or is longer than the buffer.
        if (end === 0 && bytesRead < buffer.length) return;
        if (end === 0) buffer = Buffer.alloc(buffer.length * 2);
        this.#take(buffer.toString('utf8', 0, end));
        this.#position += end;
      }
    } finally {
      await file.close();
    }
  }

  #begin(inode: number): void {
    this.#inode = inode;
    this.#position = 0;
    this.#readLine = createMetricsReader();
    this.stages.clear();
  }

  /** A damaged line is left out: whoever resumes the run mends it. */
  #take(text: string): void {
    for (const line of text.split('\n')) {
      if (line === '') continue;
      const parsed = this.#readLine(line);
      if (parsed !== undefined) this.#add(parsed.stage, parsed.step, parsed.values);
    }
  }

  #add(stage: string, step: number, values: Readonly<Record<string, number | null>>): void {
    let metrics = this.stages.get(stage);
    if (metrics === undefined) this.stages.set(stage, (metrics = { steps: [], series: new Map() }));
    const { steps, series } = metrics;
    steps.push(step);
    for (const name of Object.keys(values)) {
      if (!series.has(name)) series.set(name, steps.slice(1).fill(NaN));
    }
    // JSON has no NaN: a value that is none is null.
    for (const [name, column] of series) column.push(values[name] ?? NaN);
  }
}
