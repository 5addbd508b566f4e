import { SipfError } from '@sipf/errors';
import {
  NO_RESULTS,
  openRunArtifacts,
  readEnvironment,
  readReadableRun,
  readResults,
  runLayout,
  storeOf,
} from '@sipf/runs';
import { folder, text } from '@sipf/service';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { EXIT } from '../exit-codes.ts';
import { exportCurves } from '../export/export-curves.ts';
import { exportDatasets } from '../export/export-datasets.ts';
import { exportModels } from '../export/export-models.ts';
import { requireNewFolder } from '../files/result-folder.ts';
import { defineCommand } from '../options/define-command.ts';
import { runsFlag } from '../options/embedded-options.ts';
import { checkRunId } from '../runs/claim-run.ts';

const shape = {
  out: folder.describe('a new folder'),
  cardsOnly: z.boolean().default(false).describe('leave the weights of the models out'),
  baseName: text('name')
    .optional()
    .describe("what adapters call their base (default: the hub's name, where `model pull` knows it)"),
  runs: runsFlag,
  artifacts: folder.optional().describe("the run's artifact store, where it is not in its folder"),
} as const;

/** `sipf export`: what a run made, in the formats that other tools read. */
export const exportCommand = defineCommand({
  name: 'export',
  description: "a run's datasets (JSONL, Parquet), training curves (TensorBoard) and models with their cards",
  arguments: { '<id>': 'a run' },
  shape,
  action: async ({ args: [id = ''], flags, terminal }) => {
    const [runs, out] = [resolve(terminal.cwd, flags.runs), resolve(terminal.cwd, flags.out)];
    const layout = runLayout(runs, checkRunId(id));
    await requireNewFolder(out);
    const run = await readReadableRun(runs, id);
    const store =
      flags.artifacts === undefined ? await storeOf(runs, id) : resolve(terminal.cwd, flags.artifacts);
    const artifacts = openRunArtifacts(store) ?? noStore(id);
    const datasets = await exportDatasets(run, artifacts, join(out, 'datasets'));
    const curves = await exportCurves(run, layout, join(out, 'tensorboard'));
    const environment = await readEnvironment(layout.environment);
    const models = await exportModels(run, artifacts, {
      target: { out: join(out, 'models'), withWeights: !flags.cardsOnly, ofRun: layout.models },
      baseName: flags.baseName,
      facts: {
        results: (await readResults(layout.resultsJson)) ?? NO_RESULTS,
        commit: environment?.['commit']?.toString() ?? run.commit,
      },
    });
    const parts = { datasets, tensorboard: curves, models };
    for (const [part, names] of Object.entries(parts)) {
      terminal.stdout.write(`${part}: ${names.join(', ')}\n`);
    }
    return EXIT.ok;
  },
});

function noStore(id: string): never {
  throw new SipfError('not-found', `the artifact store of run ${id} is not here; name it by --artifacts`, {
    reason: 'ARTIFACTS_NOT_FOUND',
  });
}
