import { clientSecurity, programVersion, runService } from '@sipf/service';
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
    /** File whose first line is the bearer token to send it. */
    verificationTokenFile: z.string().optional(),
  },
  main: ({ settings, serviceSettings, logger }) => {
    const security = clientSecurity({
      isTls: settings.verificationTls,
      caFile: settings.verificationCaFile,
      certFile: settings.verificationCertFile,
      keyFile: settings.verificationKeyFile,
      tokenFile: settings.verificationTokenFile,
    });
    const gateway = createGateway({
      settings: serviceSettings,
      logger,
      verification: settings.verification,
      verificationSecurity: security,
      version: programVersion(import.meta.url),
    });
    return Promise.resolve(gateway);
  },
});
