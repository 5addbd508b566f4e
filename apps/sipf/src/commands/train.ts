import { FolderArtifactStore, MEDIA_TYPES, type ArtifactStore } from '@sipf/artifacts';
import { namingSettings, RELATIONS, training } from '@sipf/contracts';
import { createClient, flagOf, folder, text } from '@sipf/service';
import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { EXIT } from '../exit-codes.ts';
import { copyResult, requireNewFolder } from '../files/result-folder.ts';
import { checkTrainingRows, putTrainingRows } from '../files/training-rows.ts';
import { defineCommand, type FlagsOf } from '../options/define-command.ts';
import { remoteServer, serverShape } from '../options/server-options.ts';
import { jobSettings, trainingFlags } from '../options/training-options.ts';
import type { Terminal } from '../terminal.ts';
import { usageError } from '../usage-error.ts';
import { checkModelFolder } from './model-folder.ts';
import { runJob } from './run-job.ts';
import { withService } from './with-service.ts';

const shape = {
  model: folder.describe('Hugging Face folder to start from'),
  data: text('file').describe(
    'JSONL or a JSON array, perhaps .gz: prompt and completion, messages, (prompt,) ' +
      'chosen and rejected, as text or messages; or prompt, completions and labels',
  ),
  out: folder.describe('new folder for the model, or for the adapter with --lora-rank'),
  baseName: text('name')
    .optional()
    .describe("what an adapter calls its base (default: the hub's name, where `model pull` knows it)"),
  work: folder.optional().describe('keep the state here, so that the same command resumes after a stop'),
  artifacts: folder.optional().describe("with --server: the server's artifact store"),
  json: z.boolean().default(false).describe("every step's metrics as JSON, one a line, on standard output"),
  ...trainingFlags,
  ...serverShape('training'),
} as const;
type Flags = FlagsOf<typeof shape>;

/** `sipf train`: one training job on a file. */
export const trainCommand = defineCommand({
  name: 'train',
  description: 'train a model or an adapter on rows as Hugging Face TRL names them',
  relations: [RELATIONS.accumulation],
  shape,
  action: async ({ flags, terminal }) => {
    const model = await checkModelFolder(flags.model, terminal);
    const data = resolve(terminal.cwd, flags.data);
    const out = resolve(terminal.cwd, flags.out);
    await requireNewFolder(out);
    await checkTrainingRows(data, flags.objective);
    await withStore(flags, terminal, async (folders) => {
      const spec = await putInputs(folders.store, { model, data, flags });
      const server = remoteServer(flags);
      const service = {
        name: 'training' as const,
        flags: ['--artifacts', folders.artifacts, '--state', folders.state],
        server,
      };
      const result = await withService(service, terminal, async ({ address, security, signal }) => {
        using client = createClient(training.TrainingServiceDefinition, address, security);
        return await runJob(
          client,
          { jobId: jobIdOf(spec), spec, epoch: 0 },
          {
            ...{ terminal, signal, json: flags.json },
            inOwnWords: (text) =>
              namingSettings(text, (name) => (Object.hasOwn(shape, name) ? flagOf(name) : undefined)),
          },
        );
      });
      const digest = result.adapterDigest === '' ? result.digest : result.adapterDigest;
      await copyResult(
        await folders.store.folder({ digest, sizeBytes: 0, mediaType: MEDIA_TYPES.folder }),
        out,
        (copy) => nameBaseOf(copy, model, flags.baseName),
      );
    });
    terminal.screen.write(`${flags.loraRank === undefined ? 'model' : 'adapter'} written to ${out}\n`);
    if (flags.loraRank !== undefined) await sayWhereBaseIsUnknown(model, flags, terminal);
    return EXIT.ok;
  },
});

interface JobFolders {
  readonly store: ArtifactStore;
  readonly artifacts: string;
  readonly state: string;
}

/** Where the job's files are: the server's store, a folder that is kept, or one that goes with the command. */
async function withStore(
  { artifacts, work, server }: Flags,
  { cwd }: Terminal,
  use: (folders: JobFolders) => Promise<void>,
): Promise<void> {
  if (server !== undefined) {
    if (artifacts === undefined)
      throw usageError('--server needs --artifacts, the folder of its artifact store');
    const root = resolve(cwd, artifacts);
    await use({ store: new FolderArtifactStore(root), artifacts: root, state: '' });
    return;
  }
  const base = work === undefined ? await mkdtemp(join(tmpdir(), 'sipf-train-')) : resolve(cwd, work);
  try {
    const root = join(base, 'artifacts');
    await use({ store: new FolderArtifactStore(root), artifacts: root, state: join(base, 'state') });
  } finally {
    if (work === undefined) await rm(base, { recursive: true, force: true });
  }
}

/** Writes into an adapter where its base is found, as its user says it or the hub knows it, and gets the base's tokenizer. */
async function nameBaseOf(copy: string, model: string, name: string | undefined): Promise<void> {
  const { nameBase, readHubName } = await import('@sipf/models');
  await nameBase(copy, { name: name ?? readHubName(model), folder: model });
}

/** PEFT writes null too for a base without a name: whoever opens the adapter then names the base. */
async function sayWhereBaseIsUnknown(
  model: string,
  { baseName }: Flags,
  { screen }: Terminal,
): Promise<void> {
  const { readHubName } = await import('@sipf/models');
  if ((baseName ?? readHubName(model)) !== undefined) return;
  screen.write(
    'the adapter does not name its base: AutoPeftModel finds it only where --base-name says what others call it\n',
  );
}

async function putInputs(
  store: ArtifactStore,
  { model, data, flags }: { readonly model: string; readonly data: string; readonly flags: Flags },
): Promise<training.JobSpec> {
  // Loads the engine's packages, which no other command of this program needs.
  const { isModelFile } = await import('@sipf/models');
  const { digest } = await store.putFolder(model, isModelFile);
  const dataset = await putTrainingRows(store, data);
  return training.JobSpec.fromPartial({
    baseModel: { digest },
    dataset: { ...dataset, sizeBytes: BigInt(dataset.sizeBytes) },
    ...jobSettings(flags),
  });
}

/** The same job has the same id, so that a repeated command resumes it. */
function jobIdOf(spec: training.JobSpec): string {
  const bytes = training.JobSpec.encode(spec).finish();
  return `cli-${createHash('sha256').update(bytes).digest('hex').slice(0, 24)}`;
}
