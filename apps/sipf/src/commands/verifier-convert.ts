import { datasetWriters, type WrittenFormat } from '@sipf/evaluation';
import { z } from 'zod';
import { EXIT } from '../exit-codes.ts';
import { readLabelledPaths } from '../files/labelled-paths.ts';
import { openRowWriter } from '../files/write-rows.ts';
import { file } from '../options/fields.ts';
import { parseFlags } from '../options/parse-flags.ts';
import type { CommandDefinition } from './command.ts';
import { collectFiles, verifierGroup } from './verifier-group.ts';

const FORMATS = Object.keys(datasetWriters) as [WrittenFormat, ...WrittenFormat[]];
const schema = z.object({ data: z.array(file).min(1), to: z.enum(FORMATS), out: file });

/** `sipf verifier convert`: labelled steps of any known format as rows of another one. */
export const verifierConvertCommand: CommandDefinition = {
  declare: (program) =>
    verifierGroup(program)
      .command('convert')
      .description(
        'labelled steps (stepwise, ProcessBench, Math-Shepherd, PRM800K) as {prompt, completions, labels}, or another format',
      )
      .requiredOption('--data <file>', 'JSONL or a JSON array; may be given several times', collectFiles)
      .option('--to <format>', `format of the rows: ${FORMATS.join(', ')}`, 'stepwise')
      .option('--out <file>', 'JSONL, - for standard output', '-'),
  action: async ({ flags: raw, terminal }) => {
    const flags = parseFlags(schema, raw);
    const paths = await readLabelledPaths(flags.data, terminal);
    const writer = await openRowWriter(flags.out, terminal.stdout);
    try {
      for (const path of paths) await writer.write(datasetWriters[flags.to](path));
      await writer.finish();
    } catch (error) {
      await writer.abandon();
      throw error;
    }
    return EXIT.ok;
  },
};
