import type { ServiceSettings } from '@sipf/service';
import type { ServingSettings } from './serving-settings.ts';

/**
 * A service's settings with no more calls at once than its models take, so that those beyond are refused before they are
 * read, whatever model they name.
 */
export function boundedCalls(
  settings: ServiceSettings,
  { maxQueue, maxModels }: Pick<ServingSettings, 'maxQueue' | 'maxModels'>,
): ServiceSettings {
  return { ...settings, maxConcurrentCalls: Math.min(settings.maxConcurrentCalls, maxQueue * maxModels) };
}
