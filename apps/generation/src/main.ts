import { generation } from '@sipf/contracts';
import { implement } from '@sipf/service';
import { generatorKind, runModelService } from '@sipf/serving';
import { createHandlers } from './handlers.ts';

await runModelService({
  kind: generatorKind('generation'),
  entryUrl: import.meta.url,
  implementation: (serving) => implement(generation.GenerationServiceDefinition, createHandlers(serving)),
});
