import type { Logger } from '@sipf/service';
import { backendOf, type GeneratorSettings } from './remote/backend-settings.ts';
import { remoteGeneratorKind } from './remote/remote-kind.ts';
import { engineGeneratorKind, type ServedGenerator } from './served-generator.ts';
import { createServing, type Serving, type ServingOptions } from './serving.ts';

/**
 * Starts serving policies or simulators, on the engine or on a server, as the settings say.
 * @throws SipfError as createServing
 */
export async function createGenerators(
  service: 'generation' | 'simulation',
  options: ServingOptions & { readonly settings: GeneratorSettings; readonly logger: Logger },
): Promise<Serving<ServedGenerator>> {
  const backend = backendOf(options.settings, options.logger);
  return backend === undefined
    ? await createServing(engineGeneratorKind(service), options)
    : await createServing(remoteGeneratorKind(service, backend), options);
}
