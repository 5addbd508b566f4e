import {
  common,
  generation,
  SERVICE_OF_PART,
  simulation,
  training,
  verification,
  type EnginePart,
} from '@sipf/contracts';
import type { SipfError } from '@sipf/errors';
import { connectExecution, executorFor, type Executor } from '@sipf/outcomes';
import { toEngineFacts, type EngineFacts } from '@sipf/runs';
import {
  createClient,
  currentRequestContext,
  type ClientSecurity,
  retryWhileAway,
  type Patience,
} from '@sipf/service';
import type { TsProtoServiceDefinition } from 'nice-grpc';
import { serviceNotSet } from './service-not-set.ts';
import type { CallBounds, Services } from './services.ts';
import { createJobRunner, trainedSteps } from './training-jobs.ts';

/** Longest wait for a service to say what it is. */
const INFO_MS = 10_000;

/** `host:port` of the services; runs whose stages call one that has none are refused. */
export interface ServiceAddresses {
  readonly generation?: string | undefined;
  readonly simulation?: string | undefined;
  readonly verification?: string | undefined;
  readonly training?: string | undefined;
  /** Only for tasks of code. */
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
  const connect = <D extends TsProtoServiceDefinition>(definition: D, address: string | undefined) =>
    address === undefined ? undefined : createClient(definition, address, options);
  const clients = {
    generation: connect(generation.GenerationServiceDefinition, addresses.generation),
    simulation: connect(simulation.SimulationServiceDefinition, addresses.simulation),
    verification: connect(verification.VerificationServiceDefinition, addresses.verification),
    training: connect(training.TrainingServiceDefinition, addresses.training),
  };
  const executor =
    addresses.execution === undefined
      ? undefined
      : connectExecution(addresses.execution, { ...options, clientId: 'orchestration' });
  return {
    generate: (request, bounds) =>
      collect(
        bounds,
        (callOptions) =>
          known(clients.generation, 'policy').generate({ ...request, ...claim() }, callOptions),
        onWait,
      ),
    labelSteps: (request, bounds) =>
      collect(
        bounds,
        (callOptions) =>
          known(clients.simulation, 'simulator').labelSteps({ ...request, ...claim() }, callOptions),
        onWait,
      ),
    score: (request, { signal, timeoutMs }) =>
      retryWhileAway(
        signal,
        () =>
          known(clients.verification, 'verifier').score(
            { ...request, ...claim() },
            { signal, deadlineMs: timeoutMs },
          ),
        {
          onWait,
        },
      ),
    train: (request, watch) => createJobRunner(known(clients.training, 'trainer'), onWait)(request, watch),
    trainedSteps: (jobId, signal) => trainedSteps(known(clients.training, 'trainer'), jobId, signal),
    engineOf: (part, signal) => {
      const client = known(clients[SERVICE_OF_PART[part]], part);
      return retryWhileAway(
        signal,
        async () => infoOf(await client.info({}, { signal, deadlineMs: INFO_MS })),
        {
          onWait,
        },
      );
    },
    lacks: (part) => clients[SERVICE_OF_PART[part]] === undefined,
    ...(executor === undefined ? {} : { executor: patient(executor, onWait) }),
    close: () => {
      executor?.close();
      for (const client of Object.values(clients)) client?.close();
    },
  };
}

function known<C>(client: C | undefined, part: EnginePart): C {
  if (client === undefined) throw serviceNotSet([part]);
  return client;
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
