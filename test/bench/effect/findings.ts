import { createRng } from '@sipf/random';
import { join } from 'node:path';
import { judge, paperClaims, settingClaims } from './claims.ts';
import { artifactsOf, readExperiment, type MethodRow } from './read-experiment.ts';
import type { JudgedClaim } from './report.ts';
import { compareVerifiers, type VerifierComparison } from './verifiers.ts';

/** What an experiment says of the paper's claims, and of the settings that it tried. */
export interface Findings {
  readonly rows: ReadonlyMap<string, MethodRow>;
  /** Those claims whose two rows are there. */
  readonly claims: readonly JudgedClaim[];
  readonly verifiers: VerifierComparison | undefined;
}

/** Judges an experiment that has ended; the same experiment always gives the same findings. */
export async function findingsOf(runs: string, id: string): Promise<Findings> {
  const folder = join(runs, id);
  const rows = await readExperiment(folder);
  const rng = createRng(id);
  const claims = [...paperClaims, ...settingClaims(rows)].flatMap((claim): JudgedClaim[] => {
    const answers = judge(claim, rows, { measure: 'correct', rng });
    if (answers === undefined) return [];
    return [{ claim, answers, wholePaths: judge(claim, rows, { measure: 'wholePath', rng }) }];
  });
  const verifiers = await compareVerifiers(runs, rows, { store: artifactsOf(folder), rng });
  return { rows, claims, verifiers };
}
