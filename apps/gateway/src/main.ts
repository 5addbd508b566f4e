import { programVersion, runService } from '@sipf/service';
import { z } from 'zod';
import { createGateway } from './gateway.ts';

await runService({
  name: 'gateway',
  shape: {
    /** `host:port` of the verification service. */
    verification: z.string().min(1),
    /** Call it over TLS; with a certificate and its key, mutual. */
    verificationTls: z.stringbool().default(false),
    verificationCaFile: z.string().optional(),
    verificationCertFile: z.string().optional(),
    verificationKeyFile: z.string().optional(),
  },
  main: ({ settings, serviceSettings, logger }) => {
    const {
      verificationCaFile: caFile,
      verificationCertFile: certFile,
      verificationKeyFile: keyFile,
    } = settings;
    const gateway = createGateway({
      settings: serviceSettings,
      logger,
      verification: settings.verification,
      verificationTls: settings.verificationTls ? { caFile, certFile, keyFile } : undefined,
      version: programVersion(import.meta.url),
    });
    return Promise.resolve(gateway);
  },
});
