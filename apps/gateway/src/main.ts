import { clientSecurity, programVersion, runService, wrongSettings } from '@sipf/service';
import { z } from 'zod';
import { createGateway, type Behind } from './gateway.ts';

await runService({
  name: 'gateway',
  shape: {
    /** `host:port` of the verification service. */
    verification: z.string().min(1).optional(),
    /** Call it over TLS; with a certificate and its key, mutual. */
    verificationTls: z.stringbool().default(false),
    verificationCaFile: z.string().optional(),
    verificationCertFile: z.string().optional(),
    verificationKeyFile: z.string().optional(),
    /** File whose first line is the bearer token to send it. */
    verificationTokenFile: z.string().optional(),
    /** `host:port` of the generation service, for OpenAI's API. */
    generation: z.string().min(1).optional(),
    generationTls: z.stringbool().default(false),
    generationCaFile: z.string().optional(),
    generationCertFile: z.string().optional(),
    generationKeyFile: z.string().optional(),
    generationTokenFile: z.string().optional(),
    /** What clients may call the generation service's default model, beside its digest. */
    servedModelName: z.string().min(1).max(256).optional(),
    /** Folder below which clients may name adapters' folders to load. */
    adapters: z.string().min(1).optional(),
  },
  main: ({ settings, serviceSettings, logger }) => {
    const verification = behind(settings.verification, {
      isTls: settings.verificationTls,
      caFile: settings.verificationCaFile,
      certFile: settings.verificationCertFile,
      keyFile: settings.verificationKeyFile,
      tokenFile: settings.verificationTokenFile,
    });
    const generation = behind(settings.generation, {
      isTls: settings.generationTls,
      caFile: settings.generationCaFile,
      certFile: settings.generationCertFile,
      keyFile: settings.generationKeyFile,
      tokenFile: settings.generationTokenFile,
    });
    if (verification === undefined && generation === undefined) {
      const description = 'one of them is required: a gateway is before a service';
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

function behind(
  address: string | undefined,
  security: Parameters<typeof clientSecurity>[0],
): Behind | undefined {
  return address === undefined ? undefined : { address, security: clientSecurity(security) };
}
