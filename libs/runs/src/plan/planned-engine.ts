import { kindOf, urlsOf, type EnginesConfig, type OwnEngineConfig, type RunConfig } from '@sipf/contracts';
import { partOfStage, type EngineFacts } from './engine-facts.ts';
import type { Stage } from './stage.ts';

/**
 * What will compute a stage, as far as a configuration says; undefined for our own engine and where nothing computes. Servers
 * at another address, and another Python, may have another version: whether they have is known when the stage runs.
 */
export function plannedEngine(
  stage: Stage,
  { engines }: Pick<RunConfig, 'engines'>,
): EngineFacts | undefined {
  const part = partOfStage(stage);
  if (engines === undefined || part === undefined) return undefined;
  const engine = engines[part];
  if (engine.kind === 'engine') return ownFacts(engine);
  return engine.kind === 'trl' ? trainerFacts(engine) : serverFacts(engine);
}

/** Undefined where the service decides, or nothing about it changes a result. */
function ownFacts({ kind, device = 'cpu', precision = 'float32' }: OwnEngineConfig): EngineFacts | undefined {
  const where = kindOf(device);
  if (where === 'cpu' && precision === 'float32') return undefined;
  return {
    kind,
    version: '',
    precision,
    device: '',
    ...(where === 'cpu' ? {} : { facts: { device: where } }),
  };
}

function serverFacts(
  server: Exclude<EnginesConfig['policy' | 'verifier'], { readonly kind: 'engine' }>,
): EngineFacts {
  const { kind, precision = '' } = server;
  const model = 'model' in server ? server.model : undefined;
  const facts = { urls: urlsOf(server).join(','), ...(model === undefined ? {} : { model }) };
  return { kind, version: '', precision, device: '', facts };
}

function trainerFacts({
  kind,
  processes,
  sharding,
  python = '',
  command = '',
}: Extract<EnginesConfig['trainer'], { readonly kind: 'trl' }>): EngineFacts {
  return { kind, version: '', precision: '', device: '', facts: { python, command }, processes, sharding };
}
