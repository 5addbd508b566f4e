import {
  folderRef,
  lostStages,
  REPORT,
  verifyCopies,
  verifyLinks,
  verifyReport,
  type MetricsFile,
  type RunState,
} from '@sipf/runs';
import { jobIdOf } from '../stages/train.ts';
import type { ActiveRun } from './active-run.ts';
import { restoreCurves } from './restore-curves.ts';
import type { DriveRunOptions } from './stage-options.ts';

/**
 * Finds what is missing or damaged of what earlier attempts left: stages are marked as lost, to be computed again, and folders
 * of models and curves are put back.
 */
export async function takeStock(
  run: ActiveRun,
  metrics: MetricsFile,
  options: DriveRunOptions,
): Promise<void> {
  const { artifacts, services, logger } = options;
  const { signal } = run.controller;
  const lose = async (stage: string, why: string): Promise<void> => {
    logger.warn({ stage, why }, 'what a stage left is lost: it is computed again');
    await run.append({ kind: 'stage-lost', stage, why });
  };
  // Links that lead to what is lost are links of the report all the same.
  const before = run.state;
  for await (const { stage, why } of lostStages(before, artifacts, signal)) await lose(stage, why);
  await run.whenThereIsRoom(() => restoreCopies(run, options));
  const why = run.state.completed.has(REPORT) ? await reportFault(before, options) : undefined;
  if (why !== undefined) await lose(REPORT, why);
  const { runId, begunAs } = run.state;
  const stepsAs = (name: string, stage: string) => services.trainedSteps(jobIdOf(name, stage), signal);
  // A run that was copied or renamed has the jobs of its name of before.
  const stepsOf = (stage: string) => stepsAs(runId, stage).catch(() => stepsAs(begunAs, stage));
  await run.whenThereIsRoom(() => restoreCurves(run.entries, { metrics, stepsOf, logger }));
}

/** Folders that were made of artifacts, for links of models/ to lead to: whoever uses a folder would make it anew. */
async function restoreCopies(run: ActiveRun, { artifacts, logger }: DriveRunOptions): Promise<void> {
  const { signal } = run.controller;
  for await (const { name, fault, digest } of verifyCopies(run.state, { artifacts, signal })) {
    if (fault === undefined) continue;
    logger.warn({ name, fault }, 'the folder of an artifact is damaged: it is made anew');
    await artifacts.folder(folderRef(digest));
  }
}

/** What is wrong with what the report stage left in the run's folder. */
async function reportFault(
  state: RunState,
  { folder, artifacts }: DriveRunOptions,
): Promise<string | undefined> {
  for await (const { subject, fault } of verifyReport(folder, state, artifacts))
    if (fault !== undefined) return `${subject}: ${fault}`;
  for await (const { subject, fault } of verifyLinks(folder, state))
    if (fault !== undefined) return `${subject}: ${fault}`;
  return undefined;
}
