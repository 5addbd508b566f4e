import { common, MAX_BATCH, MAX_SAMPLES, MAX_STEPS, simulation } from '@sipf/contracts';
import { createJudge, executorFor, type Executor } from '@sipf/outcomes';
import type { ServiceHandlers } from '@sipf/service';
import { claimOf, type ServedGenerator, type Serving } from '@sipf/serving';
import { taskNamed } from '@sipf/tasks';
import { labelPaths } from './label-paths.ts';
import { RolloutCache } from './rollout-cache.ts';

/** Bounds of one request, as the contracts check them; `Info` reports them. */
const LIMITS = { max_paths: MAX_BATCH, max_steps: MAX_STEPS, max_rollouts: MAX_SAMPLES };

/** Most prefixes whose outcomes are kept: some tens of megabytes. */
const KEPT_PREFIXES = 100_000;

/** Longest wait for the verdict on one program, queueing included: a whole request's programs may precede it. */
const JUDGE_TIMEOUT_MS = 1_800_000;

/** The simulation service over its simulators; without an executor for math tasks only. */
export function createHandlers(
  serving: Serving<ServedGenerator>,
  executor?: Executor,
): ServiceHandlers<simulation.SimulationServiceDefinition> {
  const cache = new RolloutCache(KEPT_PREFIXES);
  return {
    labelSteps: (request, { signal }) => labelSteps({ serving, executor, cache }, request, signal),
    info: () => Promise.resolve({ info: serving.info(LIMITS) }),
  };
}

interface Parts {
  readonly serving: Serving<ServedGenerator>;
  readonly executor: Executor | undefined;
  readonly cache: RolloutCache;
}

async function* labelSteps(
  { serving, executor, cache }: Parts,
  request: simulation.LabelStepsRequest,
  signal: AbortSignal,
): AsyncGenerator<simulation.LabelStepsResponse> {
  const arrived = performance.now();
  const { tau, stopWhenDecided, paths, sampling = common.SamplingSettings.create() } = request;
  const task = taskNamed(request.task);
  const judge = createJudge(task, executor && executorFor(request.clientId, executor));
  await using served = await serving.acquire(request.model, signal);
  const leased = performance.now();
  const bounds = { signal, judgeTimeoutMs: JUDGE_TIMEOUT_MS };
  const settings = { task, judge, tau, stopWhenDecided, sampling, claim: claimOf(request), ...bounds };
  const { generator, tokenizer } = served.model;
  const simulator = { generator, tokenizer, model: served.ref, cache };
  for await (const labelled of labelPaths(simulator, paths, settings)) {
    yield simulation.LabelStepsResponse.create({
      ...labelled,
      model: served.ref,
      // Prefixes are read while roll-outs run.
      timing: { queueMs: leased - arrived, tokeniseMs: 0, inferenceMs: performance.now() - leased },
    });
  }
}
