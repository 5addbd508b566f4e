import { FolderArtifactStore, type ArtifactStore } from '@sipf/artifacts';
import { SipfError } from '@sipf/errors';
import { DATA, planRun, type Reads, type RunState, type Stage } from '@sipf/runs';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { RunRegistry } from '../run/run-registry.ts';

/** The questions that policies are sampled on. */
const LOOP = 'loop';

/** A run with the location of its artifacts. */
export interface BrowsedRun {
  readonly state: RunState;
  readonly plan: readonly Stage[];
  readonly artifacts: ArtifactStore;
}

/** The runs of a registry as they are looked at; an embedded run has its artifacts in its own folder. */
export function createRunSource(
  registry: RunRegistry,
  shared: ArtifactStore,
): (runId: string) => Promise<BrowsedRun> {
  return async (runId) => {
    const { state } = await registry.get(runId);
    const own = join(registry.folder(runId), 'artifacts');
    return {
      state,
      plan: planRun(state.config),
      artifacts: existsSync(own) ? new FolderArtifactStore(own) : shared,
    };
  };
}

/** The digests behind the paths of a stage. */
export interface PathSources {
  readonly stage: Stage;
  readonly paths: string;
  readonly questions: string | undefined;
  readonly scores: string | undefined;
  readonly labels: string | undefined;
}

/** @throws SipfError `not-found` DATASET_NOT_FOUND unless the stage is completed and left paths */
export function pathSources(run: BrowsedRun, stageId: string): PathSources {
  const stage = stageWith(run, stageId, 'paths');
  // What is chosen of the sampled paths has their scores and labels.
  const sampled = stage.kind === 'filter' ? stage.reads.sample : stage.id;
  const left = (kind: 'score' | 'label', name: string): string | undefined => {
    const reader = run.plan.find(({ kind: other, reads }) => other === kind && sampleOf(reads) === sampled);
    return reader === undefined ? undefined : outputOf(run, reader.id, name);
  };
  return {
    stage,
    paths: outputOf(run, stage.id, 'paths') ?? '',
    questions: outputOf(run, DATA, splitOf(stage)),
    scores: left('score', 'scores'),
    labels: left('label', 'labels'),
  };
}

function sampleOf({ sample }: Reads): string | undefined {
  return sample;
}

/** Which questions a stage's paths answer: an evaluation asks those of its data set, every other stage the loop's. */
function splitOf({ dataset }: Stage): string {
  return dataset ?? LOOP;
}

/** The digest of a stage's pairs. @throws SipfError `not-found` DATASET_NOT_FOUND */
export function pairSource(run: BrowsedRun, stageId: string): string {
  return outputOf(run, stageWith(run, stageId, 'pairs').id, 'pairs') ?? '';
}

/** The scores of the paths of an iteration, where there are any. */
export function scoresOfIteration({ plan, ...run }: BrowsedRun, iteration: number): string | undefined {
  const stage = plan.find((candidate) => candidate.kind === 'score' && candidate.iteration === iteration);
  return stage === undefined ? undefined : outputOf(run, stage.id, 'scores');
}

/** The questions that a run's policies are sampled on. */
export function loopQuestions(run: BrowsedRun): string | undefined {
  return outputOf(run, DATA, LOOP);
}

function stageWith(run: BrowsedRun, stageId: string, output: string): Stage {
  const stage = run.plan.find(({ id }) => id === stageId);
  if (stage !== undefined && outputOf(run, stageId, output) !== undefined) return stage;
  throw new SipfError('not-found', `run ${run.state.runId} has no ${output} of a stage ${stageId}`, {
    reason: 'DATASET_NOT_FOUND',
  });
}

function outputOf({ state }: Pick<BrowsedRun, 'state'>, stage: string, name: string): string | undefined {
  return state.completed.get(stage)?.outputs[name];
}
