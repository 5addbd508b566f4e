import { simulation } from '@sipf/contracts';
import { implement } from '@sipf/service';
import { generatorKind, runModelService } from '@sipf/serving';
import { createHandlers } from './handlers.ts';

await runModelService({
  kind: generatorKind('simulation'),
  entryUrl: import.meta.url,
  implementation: (serving) => implement(simulation.SimulationServiceDefinition, createHandlers(serving)),
});
