import { DATA, type DataSource, isMissing, ROWS, type RunArtifacts, type RunRecord } from '@sipf/runs';

/**
 * What a run's files of problems held; none for a task that makes its problems.
 * @returns undefined for a run that does not say: one that has not read them, or of an earlier version, or whose store has lost
 * it
 */
export async function readDataSources(
  { stages }: Pick<RunRecord, 'stages'>,
  artifacts: RunArtifacts,
): Promise<readonly DataSource[] | undefined> {
  const digest = stages.find(({ id }) => id === DATA)?.outputs['sources'];
  if (digest === undefined) return undefined;
  try {
    return await artifacts.records(digest, ROWS.sources);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}
