import { resolve } from 'node:path';
import { z } from 'zod';
import { checks } from '../doctor/checks.ts';
import { renderFinding, type Finding } from '../doctor/finding.ts';
import { EXIT } from '../exit-codes.ts';
import { folder } from '../options/fields.ts';
import { parseFlags } from '../options/parse-flags.ts';
import type { CommandDefinition } from './command.ts';

const schema = z.object({
  runs: folder,
  provider: z.string().min(1).optional(),
  json: z.boolean().default(false),
});

/** `sipf doctor`: whether this machine can run what the other commands start. */
export const doctorCommand: CommandDefinition = {
  declare: (program) =>
    program
      .command('doctor')
      .description(
        'find what is wrong with this installation and say how to mend it; exit status 1 when something is missing',
      )
      .option('--runs <folder>', 'folder of the runs', './runs')
      .option('--provider <name>', 'an execution provider of onnxruntime that must compute, e.g. cuda')
      .option('--json', 'as one JSON object'),
  action: async ({ flags: raw, terminal }) => {
    const { runs, provider, json } = parseFlags(schema, raw);
    const { env, signal, stdout, cwd } = terminal;
    const findings: Finding[] = [];
    for (const check of checks) {
      const finding = await check({ runs: resolve(cwd, runs), provider, env, signal });
      findings.push(finding);
      if (!json) stdout.write(`${renderFinding(finding)}\n`);
    }
    if (json) stdout.write(`${JSON.stringify({ findings })}\n`);
    return findings.some(({ status }) => status === 'fail') ? EXIT.failed : EXIT.ok;
  },
};
