import type { RunConfig } from '@sipf/contracts';
import { engineFlags } from './engine-flags.ts';
import type { EmbeddedSettings } from './start-embedded.ts';
import { testsPrograms } from './tests-programs.ts';

/** What a run's configuration says of the services that it needs; one that cannot be read gets our own engines. */
export function servicesOf(
  config: RunConfig | undefined,
): Pick<EmbeddedSettings, 'testsPrograms' | 'engines'> {
  return {
    testsPrograms: testsPrograms(config),
    engines: engineFlags(config),
  };
}
