import { clientSecurity, programVersion, runService, wrongSettings } from '@sipf/service';
import { z } from 'zod';
import { createGateway, type Behind } from './gateway.ts';

await runService({
  name: 'gateway',
  summary: "Scores over HTTP and JSON, and writes by OpenAI's API, for clients without gRPC.",
  shape: {
    verification: z.string().min(1).optional().describe('host:port of the verification service.'),
    verificationTls: z
      .stringbool()
      .default(false)
      .describe('Call it over TLS; with a certificate and its key, mutual.'),
    verificationCaFile: z.string().optional().describe('Who signs its certificate (PEM).'),
    verificationCertFile: z.string().optional().describe('The certificate to show it (PEM).'),
    verificationKeyFile: z.string().optional().describe("That certificate's private key (PEM)."),
    verificationTokenFile: z
      .string()
      .optional()
      .describe('File whose first line is the bearer token to send it.'),
    generation: z
      .string()
      .min(1)
      .optional()
      .describe("host:port of the generation service, for OpenAI's API."),
    generationTls: z
      .stringbool()
      .default(false)
      .describe('Call it over TLS; with a certificate and its key, mutual.'),
    generationCaFile: z.string().optional().describe('Who signs its certificate (PEM).'),
    generationCertFile: z.string().optional().describe('The certificate to show it (PEM).'),
    generationKeyFile: z.string().optional().describe("That certificate's private key (PEM)."),
    generationTokenFile: z
      .string()
      .optional()
      .describe('File whose first line is the bearer token to send it.'),
    servedModelName: z
      .string()
      .min(1)
      .max(256)
      .optional()
      .describe("What clients may call the generation service's default model, beside its digest."),
    adapters: z
      .string()
      .min(1)
      .optional()
      .describe("Folder below which clients may name adapters' folders to load."),
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
