import {
  canonicalBytes,
  digestBytes,
  digestHex,
  readSummedJson,
  summedJson,
  writeDurably,
  type ArtifactStore,
} from '@sipf/artifacts';
import {
  digestsIn,
  faultOfResult,
  type StageIdentity,
  stageResult,
  type StageResult,
  type StepMetrics,
  verifyArtifact,
} from '@sipf/runs';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

/** What a stage left, with the curve of its training. */
export interface SharedStage {
  readonly result: StageResult;
  readonly metrics: readonly StepMetrics[];
}

/** Results of stages by their identity, for all runs that use one artifact store. */
export interface StageCache {
  /** Undefined for a stage that nobody has computed, and where something that it left is gone from the store or damaged. */
  find(identity: StageIdentity): Promise<SharedStage | undefined>;
  /** Durable before it resolves; computing a stage twice does no harm. */
  put(identity: StageIdentity, stage: SharedStage): Promise<void>;
}

const numbers = z.record(z.string(), z.number());
const sharedStage = z.object({
  result: stageResult,
  metrics: z.array(z.object({ step: z.int(), values: numbers })),
});

/** The digest that names a stage's result. */
export function stageKey(identity: StageIdentity): string {
  return digestBytes(canonicalBytes(toJson(identity)));
}

/** A cache in a folder: a file for every stage, named by the digest of its identity. */
export function openStageCache(folder: string, artifacts: ArtifactStore): StageCache {
  const fileOf = (identity: StageIdentity): string => join(folder, `${digestHex(stageKey(identity))}.json`);
  return {
    find: async (identity) => {
      const stage = await read(fileOf(identity));
      // What has other names is damaged, or of a program that should have raised the kind's version.
      if (stage === undefined || faultOfResult(identity.id, stage.result) !== undefined) return undefined;
      return (await isWhole(stage.result, artifacts)) ? stage : undefined;
    },
    put: async (identity, { result, metrics }) => {
      await mkdir(folder, { recursive: true });
      await writeDurably(fileOf(identity), summedJson({ identity: toJson(identity), result, metrics }));
    },
  };
}

/** Undefined where there is no file; a damaged one is computed again. */
async function read(file: string): Promise<SharedStage | undefined> {
  try {
    const read = readSummedJson(await readFile(file, 'utf8'));
    return 'why' in read ? undefined : sharedStage.safeParse(read.value).data;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Reads all of it: what is damaged would be found out only by who uses it. */
async function isWhole({ outputs }: StageResult, artifacts: ArtifactStore): Promise<boolean> {
  for (const digest of Object.values(outputs).flatMap(digestsIn)) {
    if ((await verifyArtifact(artifacts, { digest, name: '' })).fault !== undefined) return false;
  }
  return true;
}

/** Without what is undefined, which JSON cannot say. */
function toJson(identity: StageIdentity): unknown {
  return JSON.parse(JSON.stringify(identity)) as unknown;
}
