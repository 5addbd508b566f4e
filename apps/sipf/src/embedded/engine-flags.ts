import { urlsOf, type EnginesConfig, type OwnEngineConfig, type RunConfig } from '@sipf/contracts';

/** Flags for each service that a run's engines ask for; none where the service is to compute itself. */
export type EngineFlags = Readonly<
  Record<'generation' | 'simulation' | 'verification' | 'training', readonly string[]>
>;

/** The services' flags that follow from a run's configuration. */
export function engineFlags(config: RunConfig | undefined): EngineFlags {
  if (config?.engines === undefined)
    return { generation: [], simulation: [], verification: [], training: [] };
  const { engines, policy, simulator } = config;
  const simulated = simulator?.model === 'policy' ? policy.model : simulator?.model;
  return {
    generation: writerFlags(engines.policy, policy.model),
    simulation: writerFlags(engines.simulator, simulated),
    verification: serverFlags(engines.verifier, 'pooling'),
    training: trainerFlags(engines.trainer),
  };
}

function writerFlags(writer: EnginesConfig['policy'], model: string | undefined): string[] {
  if (writer.kind === 'engine') return ownFlags(writer);
  // A name of the server's is a name of the service's own folder.
  const named =
    writer.model === undefined || model === undefined
      ? []
      : ['--backend-model', writer.model, '--model', model];
  const adapter = writer.adapter === undefined ? [] : ['--backend-adapter', writer.adapter];
  const weights =
    writer.kind !== 'vllm' || writer.weights === undefined ? [] : ['--backend-weights', writer.weights];
  return [
    ...serverFlags(writer, 'openai'),
    ...named,
    '--backend-dialect',
    writer.kind,
    ...adapter,
    ...weights,
  ];
}

function serverFlags(server: EnginesConfig['policy' | 'verifier'], backend: 'openai' | 'pooling'): string[] {
  if (server.kind === 'engine') return ownFlags(server);
  const { keyFile, concurrency, timeoutMs, hook, hookTimeoutMs } = server;
  const flags = {
    backend,
    'backend-url': urlsOf(server).join(','),
    'backend-key-file': keyFile,
    'backend-concurrency': concurrency,
    'backend-timeout-ms': timeoutMs,
    'backend-hook': hook,
    'backend-hook-timeout-ms': hookTimeoutMs,
  };
  return flagList(flags);
}

/** A training's precision is the job's. */
function ownFlags({ device, precision }: OwnEngineConfig): string[] {
  return flagList({ device, precision });
}

function flagList(flags: Readonly<Record<string, string | number | undefined>>): string[] {
  return Object.entries(flags).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name}`, String(value)],
  );
}

function trainerFlags(trainer: EnginesConfig['trainer']): string[] {
  if (trainer.kind === 'engine') return ownFlags(trainer);
  const { python = 'python3', command, processes, sharding, offloadActivations = false } = trainer;
  const program = command === undefined ? ['--trainer-python', python] : ['--trainer-command', command];
  const shared = processes === 1 ? [] : ['--trainer-processes', String(processes)];
  const sharded = sharding === 'ddp' ? [] : ['--trainer-sharding', sharding];
  const offloaded = offloadActivations ? ['--trainer-offload'] : [];
  return ['--trainer', 'trl', ...program, ...shared, ...sharded, ...offloaded];
}
