import { SipfError } from '@sipf/errors';
import { clientShape, peerAddress, runService, securityOf } from '@sipf/service';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { createDashboard } from './server/create-dashboard.ts';
import { readToken } from './server/security/token-file.ts';

const PAGE = fileURLToPath(new URL('../dist', import.meta.url));

await runService({
  name: 'dashboard',
  summary: "Shows and controls an orchestrator's runs in a browser.",
  shape: {
    orchestration: peerAddress.describe('host:port of the orchestrator.'),
    ...clientShape('orchestration', 'the orchestrator'),
    tokenFile: z
      .string()
      .meta({ value: 'file' })
      .optional()
      .describe('File with the token that opens the page; required beyond this machine.'),
    publicOrigin: z
      .url({ protocol: /^https?$/u })
      .refine((text) => new URL(text).origin === text, 'must be an origin, e.g. https://runs.example')
      .optional()
      .describe(
        'Origin of the page as browsers see it, behind a proxy that terminates TLS or changes the name.',
      ),
  },
  // The login identifies callers.
  refine: (common, { tokenFile }) => ({ ...common, tokensFile: tokenFile }),
  main: async ({ settings, serviceSettings, logger }) => {
    if (!existsSync(join(PAGE, 'index.html'))) throw pageMissing();
    const { tokenFile } = settings;
    return await createDashboard({
      settings: serviceSettings,
      logger,
      orchestration: settings.orchestration,
      orchestrationSecurity: securityOf(settings, 'orchestration'),
      token: await readToken(settings.address, tokenFile),
      publicOrigin: settings.publicOrigin,
      page: PAGE,
      now: Date.now,
    });
  },
});

function pageMissing(): SipfError {
  return new SipfError('failed-precondition', 'the page is not built: npm run build:dashboard builds it', {
    reason: 'PATH_NOT_FOUND',
  });
}
