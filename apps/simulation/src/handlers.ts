import { common, MAX_BATCH, MAX_SAMPLES, MAX_STEPS, simulation } from '@sipf/contracts';
import type { ServiceHandlers } from '@sipf/service';
import type { ServedGenerator, Serving } from '@sipf/serving';
import { taskNamed } from '@sipf/tasks';
import { labelPaths } from './label-paths.ts';

/** Bounds of one request, as the contracts check them; told by `Info`. */
const LIMITS = { max_paths: MAX_BATCH, max_steps: MAX_STEPS, max_rollouts: MAX_SAMPLES };

/** The simulation service over the simulators that it serves. */
export function createHandlers(
  serving: Serving<ServedGenerator>,
): ServiceHandlers<simulation.SimulationServiceDefinition> {
  return {
    labelSteps: (request, { signal }) => labelSteps(serving, request, signal),
    info: () => Promise.resolve({ info: serving.info(LIMITS) }),
  };
}

async function* labelSteps(
  serving: Serving<ServedGenerator>,
  request: simulation.LabelStepsRequest,
  signal: AbortSignal,
): AsyncGenerator<simulation.LabelStepsResponse> {
  const arrived = performance.now();
  const { tau, paths, sampling = common.SamplingSettings.create() } = request;
  const task = taskNamed(request.task);
  await using served = await serving.acquire(request.model, signal);
  const leased = performance.now();
  for await (const labelled of labelPaths(served.model, paths, { task, tau, sampling, signal })) {
    yield simulation.LabelStepsResponse.create({
      ...labelled,
      model: served.ref,
      // Prefixes are read while roll-outs run.
      timing: { queueMs: leased - arrived, tokeniseMs: 0, inferenceMs: performance.now() - leased },
    });
  }
}
