import { orchestration } from '@sipf/contracts';
import { join } from 'node:path';
import { outputsOf, readLog } from '../../end-to-end/run-processes.ts';
import type { ChaosSystem } from '../system/chaos-system.ts';
import { beginRun, differencesOf, readConfig, runToEnd } from '../system/drive-run.ts';
import { untilAtWork } from './at-stage.ts';
import { disturbedRun, type RunOutputs } from './disturbed-run.ts';
import { outcomesOf } from './outcome.ts';
import type { ScenarioOptions } from './scenario-options.ts';
import { spansOf, stagesDuring, type Span, type StageSpans } from './stage-spans.ts';

/**
 * Stages of the big run in which the small one comes and that it has its own of meanwhile: the same model, the same sandboxes.
 */
const SHARED = ['sample-1', 'label-1'];
/** Other stages that services work for; there the two share processors. */
const OTHERS = ['sft-0', 'evaluate-0', 'train-verifier-1', 'score-1', 'align-1', 'evaluate-1'];
/** Who has half of the services takes at most so many times as long as alone, */
const LONGER = 2;
/** and waits for what they had begun before, in milliseconds. */
const BEGUN_MS = 5000;
const BIG = 'big';
/** Longest time of the big run after the small one's end, in milliseconds. */
const BIG_MS = 600_000;
const bigConfig = readConfig('big-run.yaml');

/**
 * A small run comes while the services are full of a big one's work: both make what they make alone, and the small one has its
 * share.
 */
export async function fairShares({ reference, report }: ScenarioOptions): Promise<void> {
  // After the big one, so that alone it finds the services as warm as beside it.
  const alone = await smallRun(reference, async (system, signal) => {
    await runToEnd(system, BIG, signal);
  });
  report(outcomesOf('shares', [{ what: 'a small run', when: 'after a big one' }], alone.faults));
  for (const stage of SHARED) {
    const beside = await smallRun(
      reference,
      async (system, signal) => {
        await untilAtWork(system, stage, signal, BIG);
      },
      alone.bigOutputs,
    );
    const compared = [stage, ...OTHERS].map((name) => compare(name, { stage, alone, beside }));
    report(outcomesOf('shares', compared, beside.faults));
  }
}

/** What became of two runs on one system. */
interface Met {
  readonly faults: readonly string[];
  readonly small: StageSpans;
  readonly big: StageSpans;
  readonly bigOutputs: RunOutputs;
}

/**
 * Starts the big run, and the small one once the big one has come so far.
 * @param expected what the big one leaves alone. @default whatever it leaves
 */
async function smallRun(
  reference: RunOutputs,
  comesSoFar: (system: ChaosSystem, signal: AbortSignal) => Promise<void>,
  expected?: RunOutputs,
): Promise<Met> {
  let met: Omit<Met, 'faults'> = { small: new Map(), big: new Map(), bigOutputs: {} };
  const faults = await disturbedRun(reference, {
    before: async (system, signal) => {
      await beginRun(system, BIG, signal, bigConfig);
      await comesSoFar(system, signal);
    },
    after: async (system) => {
      const { state, failure } = await runToEnd(system, BIG, AbortSignal.timeout(BIG_MS));
      if (state !== orchestration.RunState.SUCCEEDED)
        return [`the big run ended in state ${state}: ${failure}`];
      const [small, big] = ['disturbed', BIG].map((run) => spansOf(readLog(join(system.runs, run))));
      const bigOutputs = outputsOf(join(system.runs, BIG));
      met = { small: small ?? new Map(), big: big ?? new Map(), bigOutputs };
      const differences = await differencesOf(system, BIG, expected ?? bigOutputs);
      return differences.map((difference) => `the big run: ${difference}`);
    },
  });
  return { faults, ...met };
}

interface Comparison {
  /** In which the two met. */
  readonly stage: string;
  readonly alone: Met;
  readonly beside: Met;
}

/** How long a stage of the small run took; whether that is too long is asked of the one in which the two met. */
function compare(
  name: string,
  { stage, alone, beside }: Comparison,
): { readonly what: string; readonly when: string; readonly fault?: string } {
  const what = `a small run's ${name}`;
  const [span, undisturbed, rival] = [beside.small.get(name), alone.small.get(name), beside.big.get(stage)];
  if (span === undefined || undisturbed === undefined || rival === undefined)
    return { what, when: `beside ${stage} of a big one`, fault: 'it was never reached' };
  const stages = stagesDuring(beside.big, span).join(', ');
  const when = `${seconds(span)} s beside ${stages} of a big one, ${seconds(undisturbed)} s alone`;
  if (name !== stage) return { what, when };
  if (lengthOf(span) > LONGER * lengthOf(undisturbed) + BEGUN_MS)
    return { what, when, fault: 'it waited behind the big one' };
  return rival.to < span.to ? { what, when, fault: 'the big one was through before' } : { what, when };
}

/** In milliseconds. */
function lengthOf({ from, to }: Span): number {
  return to - from;
}

function seconds(span: Span): string {
  return (lengthOf(span) / 1000).toFixed(1);
}
