import { common, generation, SERVICE_OF_PART, simulation, training, verification } from '@sipf/contracts';
import type { SipfError } from '@sipf/errors';
import { connectExecution, executorFor, type Executor } from '@sipf/outcomes';
import { toEngineFacts, type EngineFacts } from '@sipf/runs';
import { createClient, currentRequestContext, type ClientSecurity } from '@sipf/service';
import { retryWhileAway, type Patience } from './retry.ts';
import type { CallBounds, Services } from './services.ts';
import { createJobRunner, trainedSteps } from './training-jobs.ts';

/** Longest wait for a service to say what it is. */
const INFO_MS = 10_000;

/** `host:port` of every service that a run needs; execution only for tasks of code. */
export interface ServiceAddresses {
  readonly generation: string;
  readonly simulation: string;
  readonly verification: string;
  readonly training: string;
  readonly execution?: string | undefined;
}

/**
 * The services over gRPC. Calls are repeated while a service is away; their results do not depend on it.
 * @param onWait called with the reason whenever a call is to be repeated
 */
export function createGrpcServices(
  addresses: ServiceAddresses,
  options: ClientSecurity = {},
  onWait?: (error: SipfError) => void,
): Services {
  const generationClient = createClient(
    generation.GenerationServiceDefinition,
    addresses.generation,
    options,
  );
  const simulationClient = createClient(
    simulation.SimulationServiceDefinition,
    addresses.simulation,
    options,
  );
  const verificationClient = createClient(
    verification.VerificationServiceDefinition,
    addresses.verification,
    options,
  );
  const trainingClient = createClient(training.TrainingServiceDefinition, addresses.training, options);
  const executor =
    addresses.execution === undefined
      ? undefined
      : connectExecution(addresses.execution, { ...options, clientId: 'orchestration' });
  const clients = {
    generation: generationClient,
    simulation: simulationClient,
    verification: verificationClient,
    training: trainingClient,
  };
  return {
    generate: (request, bounds) =>
      collect(
        bounds,
        (callOptions) => generationClient.generate({ ...request, ...claim() }, callOptions),
        onWait,
      ),
    labelSteps: (request, bounds) =>
      collect(
        bounds,
        (callOptions) => simulationClient.labelSteps({ ...request, ...claim() }, callOptions),
        onWait,
      ),
    score: (request, { signal, timeoutMs }) =>
      retryWhileAway(
        signal,
        () => verificationClient.score({ ...request, ...claim() }, { signal, deadlineMs: timeoutMs }),
        {
          onWait,
        },
      ),
    train: createJobRunner(trainingClient, onWait),
    trainedSteps: (jobId, signal) => trainedSteps(trainingClient, jobId, signal),
    engineOf: (part, signal) => {
      const client = clients[SERVICE_OF_PART[part]];
      return retryWhileAway(
        signal,
        async () => infoOf(await client.info({}, { signal, deadlineMs: INFO_MS })),
        {
          onWait,
        },
      );
    },
    ...(executor === undefined ? {} : { executor: patient(executor, onWait) }),
    close: () => {
      executor?.close();
      for (const client of Object.values(clients)) client.close();
    },
  };
}

function infoOf({ info }: { readonly info?: common.ServiceInfo | undefined }): EngineFacts | undefined {
  return info?.engine === undefined ? undefined : toEngineFacts(info.engine);
}

/** The whole of a streamed answer. */
function collect<T>(
  { signal, timeoutMs }: CallBounds,
  call: (options: { signal: AbortSignal; deadlineMs: number }) => AsyncIterable<T>,
  onWait: Patience['onWait'],
): Promise<T[]> {
  const work = async (): Promise<T[]> => {
    const answers: T[] = [];
    for await (const answer of call({ signal, deadlineMs: timeoutMs })) answers.push(answer);
    return answers;
  };
  return retryWhileAway(signal, work, { onWait });
}

/** Every run is a client of its own, so that runs get equal shares; people who wait for an answer go before them. */
function claim(): { readonly clientId: string; readonly priority: common.Priority } {
  return { clientId: currentRequestContext()?.runId ?? '', priority: common.Priority.BULK };
}

function patient(executor: Executor, onWait: Patience['onWait']): Executor {
  return {
    run: (program, bounds) => {
      const own = executorFor(claim().clientId, executor);
      return retryWhileAway(bounds.signal, () => own.run(program, bounds), { onWait });
    },
  };
}
