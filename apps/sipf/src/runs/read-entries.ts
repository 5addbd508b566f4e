import { assertKnownFormat, createSumReader, hasLostLineBreak } from '@sipf/artifacts';
import { LOG_FORMAT } from '@sipf/contracts';
import { readFile } from 'node:fs/promises';
import { z } from 'zod';

/** JSON has no NaN: a value that is none is null. */
const number = z
  .number()
  .nullable()
  .transform((value) => value ?? NaN);
const numbers = z.record(z.string(), number).default({});
const program = z.object({ version: z.string(), commit: z.string().optional() });
const entry = z.object({
  index: z.int(),
  at: z.iso.datetime(),
  kind: z.string(),
  stage: z.string().optional(),
  failure: z.string().optional(),
  config: z.unknown().optional(),
  commit: z.string().optional(),
  format: z.int().optional(),
  program: program.optional(),
  otherCode: z.string().optional(),
  result: z
    .object({
      outputs: z.record(z.string(), z.string()).default({}),
      counts: numbers,
      figures: numbers,
    })
    .optional(),
});

/** An entry of a run's log, as far as the command line reads it. */
export type Entry = z.infer<typeof entry>;

/** The entries up to the first damaged line; the last line may be torn while its writer is at work. */
export async function readEntries(
  log: string,
): Promise<{ readonly entries: readonly Entry[]; readonly damage: string | undefined }> {
  let lines: string[];
  try {
    lines = (await readFile(log, 'utf8')).split('\n');
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    return { entries: [], damage: code === 'ENOENT' ? undefined : `log.jsonl cannot be read (${code})` };
  }
  const entries: Entry[] = [];
  const rest = lines.pop() ?? '';
  const sums = createSumReader((line) => line.includes('"kind":"run-resumed"'));
  for (const line of lines) {
    const parsed = entry.safeParse(parseJson(line));
    const isWhole = sums.faultOf(line) === undefined;
    if (!isWhole || !parsed.success || parsed.data.index !== entries.length)
      return { entries, damage: damageAt(entries.length) };
    const newer = newerFormat(parsed.data);
    if (newer !== undefined) return { entries, damage: newer };
    entries.push(parsed.data);
  }
  return { entries, damage: hasLostLineBreak(rest) ? damageAt(entries.length) : undefined };
}

function damageAt(index: number): string {
  return (
    `log.jsonl:${index + 1} is damaged: restore the file from a copy, or cut it off before that line and resume the run; ` +
    'what came after is done again'
  );
}

function newerFormat({ format, program: by }: Entry): string | undefined {
  const name = by && `sipf ${by.version}${by.commit === undefined ? '' : ` (${by.commit.slice(0, 12)})`}`;
  try {
    assertKnownFormat('log.jsonl', { format, program: name }, LOG_FORMAT);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

function parseJson(line: string): unknown {
  try {
    // A byte that is no UTF-8 was replaced by this sign when the file was read.
    return line.includes('\ufffd') ? undefined : (JSON.parse(line) as unknown);
  } catch {
    return undefined;
  }
}
