import { loadModelFolder, parameterShapes } from '@sipf/models';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { TextOrder } from '../engines/text-side.ts';
import { startJsonPeer } from '../support/json-peer.ts';
import { writeGguf } from '../support/write-gguf.ts';

type Rows = readonly (readonly number[])[];

/** One form of a model's weights in one engine, in a process of its own. */
export interface RoundedSide {
  readonly name: string;
  readonly pid: number;
  write(order: TextOrder): Promise<readonly (readonly number[])[]>;
  /** Of every token of each row but its first. */
  logProbs(rows: Rows): Promise<readonly (readonly number[])[]>;
  close(): Promise<void>;
}

/** What every side is opened for. */
export interface RoundedWork {
  readonly folder: string;
  readonly threads: number;
  /** Sequences at a time, and tokens of each. */
  readonly sequences: number;
  readonly length: number;
}

type LogProbs = readonly (readonly number[])[];

const run = promisify(execFile);
const here = (file: string): string => fileURLToPath(new URL(file, import.meta.url));
const SCRIPT = here('llama_cpp.py');

/** @param quantisation as `--quantise` has it */
export async function openOwn({ folder, threads }: RoundedWork, quantisation: string): Promise<RoundedSide> {
  const args = [here('own-child.ts'), folder, quantisation, String(threads)];
  const peer = await startJsonPeer<object, { ids: number[][]; logProbs: number[][] }>(
    process.execPath,
    args,
    threads,
  );
  return {
    ...{ name: `here, ${quantisation}`, pid: peer.pid },
    write: async (order) => (await peer.ask(order)).ids,
    logProbs: async (rows) => (await peer.ask({ rows })).logProbs,
    close: () => peer.close(),
  };
}

/** Half-precision weights of a folder as llama.cpp reads them. */
export async function writeHalves(folder: string, file: string): Promise<void> {
  const model = await loadModelFolder(folder);
  const shapes = parameterShapes(model.config);
  const read = (name: string) => ({ shape: shapes.get(name) ?? [], data: model.tensors.float32(name) });
  await writeGguf(file, model.config, { read, weights: 'f16' });
  model.close();
}

/**
 * llama.cpp, whose own quantiser rounds the halves.
 * @param python with numpy
 */
export async function openLlamaCpp(
  { threads, sequences, length }: RoundedWork,
  kind: 'q8_0' | 'q4_0',
  { halves, python }: { readonly halves: string; readonly python: string },
): Promise<RoundedSide> {
  const file = join(halves, '..', `${kind}.gguf`);
  await run(python, [SCRIPT, 'quantise', halves, file, kind], { maxBuffer: 1 << 26 });
  const args = [here('../engines/llama-cpp-child.ts'), file, ...[threads, sequences, length].map(String)];
  const peer = await startJsonPeer<TextOrder, { ids: number[][] }>(process.execPath, args, threads);
  return {
    ...{ name: `llama.cpp, ${kind}`, pid: peer.pid },
    write: async (order) => (await peer.ask(order)).ids,
    logProbs: async (rows) => {
      const reader = await startJsonPeer<object, { logProbs: LogProbs }>(
        python,
        [SCRIPT, 'log-probs', file, String(threads)],
        threads,
      );
      const { logProbs } = await reader.ask({ rows });
      await reader.close();
      return logProbs;
    },
    close: () => peer.close(),
  };
}
