import {
  clientShape,
  type ClientSecurity,
  folder,
  peerAddress,
  programVersion,
  runService,
  securityOf,
  wrongSettings,
} from '@sipf/service';
import { z } from 'zod';
import { createGateway, type Behind } from './gateway.ts';

await runService({
  name: 'gateway',
  summary: "Serves scores over HTTP and JSON, and completions by OpenAI's API, to clients without gRPC.",
  shape: {
    verification: peerAddress.optional().describe('host:port of the verification service.'),
    ...clientShape('verification', 'the verification service'),
    generation: peerAddress.optional().describe("host:port of the generation service, for OpenAI's API."),
    ...clientShape('generation', 'the generation service'),
    servedModelName: z
      .string()
      .min(1)
      .max(256)
      .optional()
      .describe(
        "A name by which clients may call the generation service's default model, besides its digest.",
      ),
    adapters: folder.optional().describe("Folder below which clients may name adapters' folders to load."),
  },
  main: ({ settings, serviceSettings, logger }) => {
    const verification = behind(settings.verification, securityOf(settings, 'verification'));
    const generation = behind(settings.generation, securityOf(settings, 'generation'));
    if (verification === undefined && generation === undefined) {
      const description = 'one of them is required: a gateway serves at least one service';
      throw wrongSettings([{ field: '--verification, --generation', description }]);
    }
    const names = { servedModel: settings.servedModelName, adaptersFolder: settings.adapters };
    const gateway = createGateway({
      settings: serviceSettings,
      logger,
      verification,
      generation: generation === undefined ? undefined : { ...generation, ...names },
      version: programVersion(import.meta.url),
    });
    return Promise.resolve(gateway);
  },
});

function behind(address: string | undefined, security: ClientSecurity): Behind | undefined {
  return address === undefined ? undefined : { address, security };
}
