import { createReadStream } from 'node:fs';
import { open, rm, type FileHandle } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { z } from 'zod';

/** What became of a sample's program; `passed` is null where the sandbox broke. */
export interface SampleVerdict {
  readonly passed: boolean | null;
  /** As HumanEval's harness spells it: `passed`, `timed out`, `failed: …`. */
  readonly result: string;
}

/** Verdicts on disk, so that an interrupted command need not run their programs again. */
export interface VerdictJournal {
  get(key: string): SampleVerdict | undefined;
  /** How many verdicts an earlier attempt left. */
  readonly recovered: number;
  append(entries: readonly (SampleVerdict & { readonly key: string })[]): Promise<void>;
  close(): Promise<void>;
  /** Closes it and takes it away: its verdicts are where they belong. */
  remove(): Promise<void>;
}

const entry = z.object({ key: z.string(), passed: z.boolean(), result: z.string() });

/** Opens a journal and reads what it holds; a torn last line is passed over. */
export async function openVerdictJournal(path: string): Promise<VerdictJournal> {
  const file = await open(path, 'a+');
  const verdicts = await readVerdicts(path);
  const recovered = verdicts.size;
  await endTornLine(file);
  return {
    recovered,
    get: (key) => verdicts.get(key),
    append: async (entries) => {
      // A broken sandbox is no verdict: the next attempt runs the program again.
      const lasting = entries.filter(({ passed }) => passed !== null);
      await file.appendFile(lasting.map((one) => `${JSON.stringify(one)}\n`).join(''));
    },
    close: () => file.close(),
    remove: async () => {
      await file.close();
      await rm(path, { force: true });
    },
  };
}

async function readVerdicts(path: string): Promise<Map<string, SampleVerdict>> {
  const verdicts = new Map<string, SampleVerdict>();
  for await (const line of createInterface(createReadStream(path))) {
    const { key, ...verdict } = parseEntry(line) ?? { key: undefined };
    if (key !== undefined && 'passed' in verdict) verdicts.set(key, verdict);
  }
  return verdicts;
}

/** So that the next entry does not go on with half of another. */
async function endTornLine(file: FileHandle): Promise<void> {
  const { size } = await file.stat();
  if (size === 0) return;
  const { buffer } = await file.read(Buffer.alloc(1), 0, 1, size - 1);
  if (buffer.toString() !== '\n') await file.appendFile('\n');
}

function parseEntry(line: string): z.infer<typeof entry> | undefined {
  try {
    return entry.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}
