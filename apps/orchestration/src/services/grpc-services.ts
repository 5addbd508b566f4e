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
import { toEngineFacts } from '@sipf/runs';
import {
  attemptOf,
  createClient,
  currentRequestContext,
  type ClientSecurity,
  retryWhileAway,
  type Patience,
} from '@sipf/service';
import type { TsProtoServiceDefinition } from 'nice-grpc';
import { charactersScored, tokensAsked, tokensRolledOut } from './amount-of-work.ts';
import { Pace } from './pace.ts';
import { serviceNotSet } from './service-not-set.ts';
import type { CallBounds, EngineAnswer, Services } from './services.ts';
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

/** Who hears of calls that wait. */
interface ServiceWaits {
  /** Called with the reason whenever a call is to be repeated. */
  readonly onWait?: (error: SipfError) => void;
  /** Called once a call has waited for long, with what it waits for; what it returns is called when it goes on, or ends. */
  readonly onSilence?: (why: string) => () => void;
  /** Shortest limit of an attempt. @default 5 minutes */
  readonly leastAttemptMs?: number;
}

/**
 * The services over gRPC. Calls are repeated while a service is away; their results do not depend on it.
 */
export function createGrpcServices(
  addresses: ServiceAddresses,
  options: ClientSecurity = {},
  waits: ServiceWaits = {},
): Services {
  const connect = <D extends TsProtoServiceDefinition>(definition: D, address: string | undefined) =>
    address === undefined ? undefined : createClient(definition, address, options);
  const clients = {
    generation: connect(generation.GenerationServiceDefinition, addresses.generation),
    simulation: connect(simulation.SimulationServiceDefinition, addresses.simulation),
    verification: connect(verification.VerificationServiceDefinition, addresses.verification),
    training: connect(training.TrainingServiceDefinition, addresses.training),
  };
  const patienceWith = (service: keyof ServiceAddresses): Patience => ({
    onWait: waits.onWait,
    onSilence: (error) =>
      waits.onSilence?.(silenceOf(service, addresses[service], error)) ?? (() => undefined),
  });
  const executor =
    addresses.execution === undefined
      ? undefined
      : connectExecution(addresses.execution, { ...options, clientId: 'orchestration' });
  const newPace = (): Pace => new Pace(waits.leastAttemptMs);
  const paces = { generation: newPace(), simulation: newPace(), verification: newPace() };
  return {
    generate: (request, bounds) =>
      collect(
        { ...bounds, pace: paces.generation, work: tokensAsked(request) },
        (callOptions) =>
          known(clients.generation, 'policy').generate({ ...request, ...claim() }, callOptions),
        patienceWith('generation'),
      ),
    labelSteps: (request, bounds) =>
      collect(
        { ...bounds, pace: paces.simulation, work: tokensRolledOut(request) },
        (callOptions) =>
          known(clients.simulation, 'simulator').labelSteps({ ...request, ...claim() }, callOptions),
        patienceWith('simulation'),
      ),
    score: (request, bounds) =>
      repeated(
        { ...bounds, pace: paces.verification, work: charactersScored(request) },
        (callOptions) =>
          known(clients.verification, 'verifier').score({ ...request, ...claim() }, callOptions),
        patienceWith('verification'),
      ),
    train: (request, watch) =>
      createJobRunner(known(clients.training, 'trainer'), patienceWith('training'))(request, watch),
    trainedSteps: (jobId, signal) => trainedSteps(known(clients.training, 'trainer'), jobId, signal),
    engineOf: (part, signal) => {
      const client = known(clients[SERVICE_OF_PART[part]], part);
      return retryWhileAway(
        signal,
        async () => infoOf(await attemptOf(client.info({}, { signal, deadlineMs: INFO_MS }))),
        patienceWith(SERVICE_OF_PART[part]),
      );
    },
    replicasOf: (part) => clients[SERVICE_OF_PART[part]]?.countServers() ?? 1,
    lacks: (part) => clients[SERVICE_OF_PART[part]] === undefined,
    ...(executor === undefined ? {} : { executor: patient(executor, patienceWith('execution')) }),
    close: () => {
      executor?.close();
      for (const client of Object.values(clients)) client?.close();
    },
  };
}

/** Errors that say no more than that nobody answers. */
const NOBODY = ['UNAVAILABLE', 'CONNECTION_LOST'];

/** What is waited for, in the same words for all calls that wait for it. */
function silenceOf(service: string, address = '', { kind, reason, message }: SipfError): string {
  const who = `the ${service} service at ${address}`;
  if (NOBODY.includes(reason)) return `${who} does not answer`;
  return kind === 'unavailable' ? `${who}: ${message}` : `${who} is full (${reason})`;
}

function known<C>(client: C | undefined, part: EnginePart): C {
  if (client === undefined) throw serviceNotSet([part]);
  return client;
}

function infoOf({ info }: { readonly info?: common.ServiceInfo | undefined }): EngineAnswer | undefined {
  if (info?.engine === undefined) return undefined;
  return { engine: toEngineFacts(info.engine), maxLoraRank: info.limits['max_lora_rank'] };
}

/** The whole of a streamed answer. */
function collect<T>(
  bounds: MeasuredBounds,
  call: (options: AttemptOptions) => AsyncIterable<T>,
  patience: Patience,
): Promise<T[]> {
  const all = async (options: AttemptOptions, alive: () => void, heard: () => void): Promise<T[]> => {
    const answers: T[] = [];
    try {
      for await (const answer of call(options)) {
        answers.push(answer);
        heard();
      }
      return answers;
    } catch (error) {
      // Who has answered something is slow, and not silent.
      if (answers.length > 0) alive();
      throw error;
    }
  };
  return repeated(bounds, all, patience);
}

/** How one call is bounded, and what is known of how long it takes. */
interface MeasuredBounds extends CallBounds {
  readonly pace: Pace;
  readonly work: number;
}

interface AttemptOptions {
  readonly signal: AbortSignal;
  readonly deadlineMs: number;
}

/**
 * Repeats a call while its service is away, full, or silent for much longer than its work takes. The last limit is the call's
 * own, and who misses that has failed.
 */
async function repeated<T>(
  { signal, timeoutMs, pace, work }: MeasuredBounds,
  call: (options: AttemptOptions, alive: () => void, heard: () => void) => Promise<T>,
  patience: Patience,
): Promise<T> {
  let missed = 0;
  const attempt = async (alive: () => void, heard: () => void): Promise<T> => {
    const limitMs = pace.limitOf(work, missed);
    const deadlineMs = Math.min(limitMs, timeoutMs);
    const began = performance.now();
    const answer = call({ signal, deadlineMs }, alive, heard);
    if (limitMs >= timeoutMs) return await noted(answer, began);
    return await noted(attemptOf(answer), began).catch((error: unknown) => {
      if (performance.now() - began >= deadlineMs) missed += 1;
      throw error;
    });
  };
  const noted = async (answer: Promise<T>, began: number): Promise<T> => {
    const whole = await answer;
    pace.note(work, performance.now() - began);
    return whole;
  };
  return await retryWhileAway(signal, attempt, patience);
}

/** Every run is a client of its own, so that runs get equal shares; people who wait for an answer go before them. */
function claim(): { readonly clientId: string; readonly priority: common.Priority } {
  return { clientId: currentRequestContext()?.runId ?? '', priority: common.Priority.BULK };
}

function patient(executor: Executor, patience: Patience): Executor {
  return {
    run: (program, bounds) => {
      const own = executorFor(claim().clientId, executor);
      return retryWhileAway(bounds.signal, () => own.run(program, bounds), patience);
    },
  };
}
