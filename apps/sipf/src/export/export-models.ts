import { MEDIA_TYPES } from '@sipf/artifacts';
import { accuracyRow, basePath, type CardSubject, modelCard, readDataSources } from '@sipf/reporting';
import {
  configOf,
  planRun,
  type ReadableRun,
  type Results,
  type RunArtifacts,
  trainingStages,
} from '@sipf/runs';
import { existsSync } from 'node:fs';
import { copyFile, link, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { copyResult } from '../files/result-folder.ts';
import { writeWhole } from '../report/write-report.ts';

/** Where the models of a run go. */
interface ModelTarget {
  /** A folder of its own for every model, with its card. */
  readonly out: string;
  /** Whether the weights are copied there too. */
  readonly withWeights: boolean;
  /** `<run>/models`, where every model gets its card beside links to its files. */
  readonly ofRun: string;
}

/** How a run's models are exported. */
export interface ModelExport {
  readonly target: ModelTarget;
  readonly facts: CardFacts;
  /** What adapters call their base. @default the hub's name, where the base's folder has it */
  readonly baseName: string | undefined;
}

/** What the cards of a run's models say beside its configuration. */
interface CardFacts {
  readonly results: Pick<Results, 'rows'>;
  readonly commit: string;
}

/**
 * Writes a model card for every model and adapter that a run trained.
 * @returns the stages that trained them
 */
export async function exportModels(
  run: ReadableRun,
  artifacts: RunArtifacts,
  { target, facts, baseName }: ModelExport,
): Promise<string[]> {
  const stages: string[] = [];
  const sources = await readDataSources(run, artifacts);
  for (const subject of subjectsOf(run, facts)) {
    const { id } = subject.stage;
    // Of an adapted model, what the stage made is the adapter.
    const digest = subject.digest.split('+').at(-1) ?? '';
    const from = await artifacts.store.folder({ digest, sizeBytes: 0, mediaType: MEDIA_TYPES.folder });
    const card = modelCard({ ...subject, sources, isAdapter: existsSync(join(from, 'adapter_config.json')) });
    if (target.withWeights) {
      await copyResult(from, join(target.out, id), (copy) => named(copy, { subject, artifacts, baseName }));
    }
    await writeWhole(join(target.out, id, 'README.md'), card);
    await linkWithCard(from, join(target.ofRun, id), card);
    stages.push(id);
  }
  return stages;
}

/** Writes into an adapter where its base is found, and gets the base's tokenizer, so that PEFT opens it by itself. */
async function named(
  copy: string,
  {
    subject,
    artifacts,
    baseName,
  }: Pick<ModelExport, 'baseName'> & {
    readonly subject: Omit<CardSubject, 'isAdapter'>;
    readonly artifacts: RunArtifacts;
  },
): Promise<void> {
  const [base = '', adapter] = subject.digest.split('+');
  if (adapter === undefined) return;
  const { nameBase, readHubName } = await import('@sipf/models');
  const path = basePath(subject);
  const name = baseName ?? (path === undefined ? undefined : readHubName(path));
  const folder = await artifacts.store.folder({ digest: base, sizeBytes: 0, mediaType: MEDIA_TYPES.folder });
  await nameBase(copy, { name, folder });
}

function subjectsOf(run: ReadableRun, { results, commit }: CardFacts): Omit<CardSubject, 'isAdapter'>[] {
  const planned = new Map(trainingStages(planRun(run.config)).map((stage) => [stage.id, stage]));
  return run.stages.flatMap(({ id, outputs, counts }) => {
    const digest = outputs['model'];
    const stage = planned.get(id);
    if (digest === undefined || stage === undefined) return [];
    const { kind, iteration } = stage;
    const rows = results.rows.filter(({ model }) => model === digest).map(accuracyRow);
    return [
      {
        run: run.id,
        config: configOf(stage, run.config),
        commit,
        stage: { id, kind, iteration, counts },
        digest,
        rows,
      },
    ];
  });
}

/**
 * A folder of links to the store's files with a card of its own: what is in the store stays as it is. The links are hard
 * ones, because weights are only read where they lie in their model's folder.
 */
async function linkWithCard(from: string, folder: string, card: string): Promise<void> {
  const temporary = `${folder}.${process.pid}.tmp`;
  await mkdir(temporary, { recursive: true });
  for (const name of await readdir(from)) {
    if (name !== 'README.md') await linkOrCopy(join(from, name), join(temporary, name));
  }
  await writeFile(join(temporary, 'README.md'), card);
  await rm(folder, { recursive: true, force: true });
  await rename(temporary, folder);
}

async function linkOrCopy(from: string, to: string): Promise<void> {
  // Another file system, or one without links.
  await link(from, to).catch(() => copyFile(from, to));
}
