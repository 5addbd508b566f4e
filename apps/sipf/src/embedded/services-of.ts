import type { EnginePart, RunConfig } from '@sipf/contracts';
import { partsOfPlan, planRun } from '@sipf/runs';
import { engineFlags } from './engine-flags.ts';
import type { EmbeddedSettings } from './start-embedded.ts';
import { testsPrograms } from './tests-programs.ts';

/** What a run's configuration says of the services that it shares with other runs; one that cannot be read gets our own engines. */
export function servicesOf(
  config: RunConfig | undefined,
): Pick<EmbeddedSettings, 'testsPrograms' | 'engines'> {
  return {
    testsPrograms: testsPrograms(config),
    engines: engineFlags(config),
  };
}

/** The parts of their work that the plans of some runs ask services for; undefined, for all, where one cannot be read. */
export function partsOf(configs: readonly (RunConfig | undefined)[]): readonly EnginePart[] | undefined {
  const known = configs.filter((config) => config !== undefined);
  if (known.length < configs.length) return undefined;
  return partsOfPlan(known.flatMap((config) => planRun(config)));
}
