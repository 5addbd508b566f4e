import { verification } from '@sipf/contracts';
import { implement } from '@sipf/service';
import { runModelService } from '@sipf/serving';
import { createHandlers } from './handlers.ts';
import { verifierKind } from './served-verifier.ts';

await runModelService({
  kind: verifierKind,
  entryUrl: import.meta.url,
  implementation: (serving) => implement(verification.VerificationServiceDefinition, createHandlers(serving)),
});
