import { resolve } from 'node:path';
import { z } from 'zod';
import { checks } from '../doctor/checks.ts';
import { renderFinding, type Finding } from '../doctor/finding.ts';
import { EXIT } from '../exit-codes.ts';
import { folder } from '../options/fields.ts';
import { parseFlags } from '../options/parse-flags.ts';
import type { CommandDefinition } from './command.ts';

const schema = z.object({ runs: folder, json: z.boolean().default(false) });

/** `sipf doctor`: whether this machine can run what the other commands start. */
export const doctorCommand: CommandDefinition = {
  declare: (program) =>
    program
      .command('doctor')
      .description(
        'check Node, native modules, NATS, space, memory and ports; exit status 1 when something is missing',
      )
      .option('--runs <folder>', 'folder of the runs', './runs')
      .option('--json', 'as one JSON object'),
  action: async ({ flags: raw, terminal }) => {
    const { runs, json } = parseFlags(schema, raw);
    const { env, signal, stdout, cwd } = terminal;
    const findings: Finding[] = [];
    for (const check of checks) {
      const finding = await check({ runs: resolve(cwd, runs), env, signal });
      findings.push(finding);
      if (!json) stdout.write(`${renderFinding(finding)}\n`);
    }
    if (json) stdout.write(`${JSON.stringify({ findings })}\n`);
    return findings.some(({ status }) => status === 'fail') ? EXIT.failed : EXIT.ok;
  },
};
