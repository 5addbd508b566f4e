import { generation, simulation, training, verification, type common } from '@sipf/contracts';
import { SipfError } from '@sipf/errors';
import { connectExecution } from '@sipf/judging';
import { createClient, type ClientSecurity } from '@sipf/service';
import { retryWhileAway } from './retry.ts';
import type { CallBounds, Services } from './services.ts';
import { createJobRunner } from './training-jobs.ts';

/** `host:port` of every service that a run needs; execution only for tasks of code. */
export interface ServiceAddresses {
  readonly generation: string;
  readonly simulation: string;
  readonly verification: string;
  readonly training: string;
  readonly execution?: string | undefined;
}

/** The services over gRPC. Calls are repeated while a service is away; their results do not depend on it. */
export function createGrpcServices(addresses: ServiceAddresses, options: ClientSecurity = {}): Services {
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
  const clients = [generationClient, simulationClient, verificationClient, trainingClient];
  return {
    generate: (request, bounds) =>
      collect(bounds, (callOptions) => generationClient.generate(request, callOptions)),
    labelSteps: (request, bounds) =>
      collect(bounds, (callOptions) => simulationClient.labelSteps(request, callOptions)),
    score: (request, { signal, timeoutMs }) =>
      retryWhileAway(signal, () => verificationClient.score(request, { signal, deadlineMs: timeoutMs })),
    train: createJobRunner(trainingClient),
    ...(executor === undefined ? {} : { executor }),
    close: () => {
      executor?.close();
      for (const client of clients) client.close();
    },
  };
}

/** The whole of a streamed answer. */
function collect<T>(
  { signal, timeoutMs }: CallBounds,
  call: (options: { signal: AbortSignal; deadlineMs: number }) => AsyncIterable<T>,
): Promise<T[]> {
  return retryWhileAway(signal, async () => {
    const answers: T[] = [];
    for await (const answer of call({ signal, deadlineMs: timeoutMs })) answers.push(answer);
    return answers;
  });
}

/** @throws SipfError `data-loss` where a service left out a model that its contract promises */
export function requireModel(model: common.ModelRef | undefined, from: string): common.ModelRef {
  if (model === undefined || model.digest === '') {
    throw new SipfError('data-loss', `${from} did not say which model it means`, {
      reason: 'MODEL_NOT_FOUND',
    });
  }
  return model;
}
