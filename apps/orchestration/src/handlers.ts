import { orchestration, parseRunConfigJson, type common } from '@sipf/contracts';
import { parseModel, planRun, TEST } from '@sipf/runs';
import type { ServiceHandlers } from '@sipf/service';
import type { CheckRuns } from './preflight/check-runs.ts';
import { resultsOf } from './report/results.ts';
import type { RunNews } from './run/active-run.ts';
import type { DamagedRun, RunSnapshot } from './run/find-runs.ts';
import type { RunRegistry } from './run/run-registry.ts';
import { watchElsewhere } from './run/watch-elsewhere.ts';

/** The orchestration service over a registry of runs. */
export function createHandlers(
  registry: RunRegistry,
  {
    checkRuns,
    ...about
  }: { readonly info: common.ServiceInfo; readonly drivesRuns: boolean; readonly checkRuns: CheckRuns },
): ServiceHandlers<orchestration.OrchestrationServiceDefinition> {
  return {
    checkRuns: async ({ configJson }, { signal }) => {
      const runs = await checkRuns(configJson.map(parseRunConfigJson), signal);
      return { runs: runs.map((found) => ({ found })) };
    },
    startRun: async ({ runId, configJson, checked }, { caller = '', signal }) => {
      if (!checked) await checkRuns([parseRunConfigJson(configJson)], signal);
      return { run: toRun(await registry.start(runId, configJson, caller)) };
    },
    resumeRun: async ({ runId }) => ({ run: toRun(await registry.resume(runId)) }),
    cancelRun: async ({ runId }) => ({ run: toRun(await registry.cancel(runId)) }),
    getRun: async ({ runId }) => ({ run: toListedRun(await registry.look(runId)) }),
    listRuns: async () => ({ runs: (await registry.list()).map(toListedRun) }),
    watchRun: (request, context) => {
      context.abortOnTerminate();
      return watch(registry, request, context.signal);
    },
    verifyRun: ({ runId }, { signal }) => verify(registry, runId, signal),
    info: () => Promise.resolve(about),
  };
}

async function* verify(
  registry: RunRegistry,
  runId: string,
  signal: AbortSignal,
): AsyncGenerator<orchestration.VerifyRunResponse> {
  for await (const { subject, name, sizeBytes, fault = '', remedy } of registry.verify(runId, signal)) {
    const words = remedy === undefined ? fault : `${fault}; ${remedy}`;
    yield { subject, name, sizeBytes: BigInt(sizeBytes), fault: words };
  }
}

async function* watch(
  registry: RunRegistry,
  { runId, fromEntry, replayEnded }: orchestration.WatchRunRequest,
  signal: AbortSignal,
): AsyncGenerator<orchestration.WatchRunResponse> {
  const active = registry.active(runId);
  if (active === undefined) {
    const snapshot = await registry.look(runId);
    if ('driven' in snapshot && snapshot.driven) {
      const from = { runId, fromEntry: Number(fromEntry) };
      for await (const news of watchElsewhere(registry, from, signal)) yield { event: toEvent(news) };
      yield { event: { $case: 'ended', value: toListedRun(await registry.look(runId)) } };
      return;
    }
    const past = replayEnded ? await registry.entries(runId) : [];
    for (const entry of past.slice(Number(fromEntry))) {
      yield { event: toEvent({ kind: 'entry', entry }) };
    }
    yield { event: { $case: 'ended', value: toListedRun(snapshot) } };
    return;
  }
  for await (const news of active.news(Number(fromEntry), signal)) yield { event: toEvent(news) };
  yield { event: { $case: 'ended', value: toRun(await registry.get(runId)) } };
}

function toEvent(news: RunNews): NonNullable<orchestration.WatchRunResponse['event']> {
  if (news.kind === 'progress') {
    const { stage, iteration, done, total, figures } = news.progress;
    const value = { stage, iteration, done: BigInt(done), total: BigInt(total), figures: { ...figures } };
    return { $case: 'progress', value };
  }
  if (news.kind === 'delivered') {
    const { iteration, name, occurredAt, deliveredAt } = news.event;
    const value = { iteration, name, occurredAt: new Date(occurredAt), deliveredAt: new Date(deliveredAt) };
    return { $case: 'delivered', value };
  }
  if (news.kind === 'waiting') return { $case: 'waiting', value: { why: news.why } };
  const { index, at, kind, ...entry } = news.entry;
  return {
    $case: 'entry',
    value: { index: BigInt(index), at: new Date(at), kind, entryJson: JSON.stringify(entry) },
  };
}

function toListedRun(run: RunSnapshot | DamagedRun): orchestration.Run {
  return 'damage' in run ? toDamagedRun(run) : toRun(run);
}

/** What could be read of it, and why there is no more. */
function toDamagedRun({ runId, state, damage }: DamagedRun): orchestration.Run {
  return orchestration.Run.fromPartial({
    id: runId,
    state: orchestration.RunState.DAMAGED,
    configJson: JSON.stringify(state?.config ?? {}),
    startedAt: state === undefined ? undefined : new Date(state.startedAt),
    failure: damage.message,
  });
}

function toRun({ state, driven, waitsFor = '' }: RunSnapshot): orchestration.Run {
  const underWay = [...state.underWay];
  const stage = planRun(state.config).find(({ id }) => id === underWay[0]);
  return {
    id: state.runId,
    state: runState({ state, driven }),
    stage: underWay.join(', '),
    iteration: stage?.iteration ?? 0,
    configJson: JSON.stringify(state.config),
    startedAt: new Date(state.startedAt),
    failure: waitsFor === '' ? state.failure : `waits: ${waitsFor}`,
    results: evaluationsOf(state),
  };
}

function runState({ state, driven }: RunSnapshot): orchestration.RunState {
  const { RunState } = orchestration;
  switch (state.phase) {
    case 'succeeded':
      return RunState.SUCCEEDED;
    case 'failed':
      return RunState.FAILED;
    case 'cancelled':
      return RunState.CANCELLED;
    case 'running':
      return driven ? RunState.RUNNING : RunState.INTERRUPTED;
  }
}

function evaluationsOf({ config, completed }: RunSnapshot['state']): orchestration.EvaluationResult[] {
  return resultsOf(config, completed).rows.map((row) => ({
    method: row.dataset === TEST ? row.method : `${row.method} (${row.dataset})`,
    iteration: row.iteration,
    correct: row.correct,
    total: row.total,
    intervalLow: row.low,
    intervalHigh: row.high,
    figures: {
      accuracy: row.accuracy,
      ...(row.wholePathAccuracy === undefined ? {} : { wholePathAccuracy: row.wholePathAccuracy }),
      ...row.sampled,
    },
    model: parseModel(row.model),
    dataset: row.dataset,
  }));
}
