import { datasetWriters, type WrittenFormat } from '@sipf/evaluation';
import { file } from '@sipf/service';
import { z } from 'zod';
import { EXIT } from '../exit-codes.ts';
import { readLabelledPaths } from '../files/labelled-paths.ts';
import { openRowWriter } from '../files/write-rows.ts';
import { defineCommand } from '../options/define-command.ts';

const FORMATS = Object.keys(datasetWriters) as [WrittenFormat, ...WrittenFormat[]];
const shape = {
  data: z.array(file).min(1).describe('JSONL or a JSON array; may be given several times'),
  to: z.enum(FORMATS).meta({ value: 'format' }).default('stepwise').describe('format of the rows'),
  out: file.default('-').describe('JSONL, - for standard output'),
} as const;

/** `sipf verifier convert`: labelled steps of any known format as rows of another one. */
export const verifierConvertCommand = defineCommand({
  name: 'verifier convert',
  description:
    'labelled steps (stepwise, ProcessBench, Math-Shepherd, PRM800K) as {prompt, completions, labels}, or another format',
  shape,
  action: async ({ flags, terminal }) => {
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
});
