import type { RunConfig } from '@sipf/contracts';
import { configOf } from './compared-verifiers.ts';
import { numbersOf, type EngineFacts } from './engine-facts.ts';
import { rowOf, type StageKind } from './stage-kinds.ts';
import { pickSettings, settingNamesOf } from './stage-settings.ts';
import { DATA, type Stage } from './stage.ts';

/** Everything that a stage's result depends on: two stages of equal identity have equal results, in whichever runs. */
export interface StageIdentity {
  readonly kind: StageKind;
  /** Raised whenever what this kind of stage computes from the same inputs changes. */
  readonly version: number;
  readonly id: string;
  readonly seed: number;
  readonly task: string;
  readonly method: Stage['method'];
  readonly dataset: string | undefined;
  readonly settings: Readonly<Record<string, unknown>>;
  /** What of its engine its result depends on; absent for our own in float32. */
  readonly engine?: ReturnType<typeof numbersOf>;
  /** Digests by the stage that left them and their name. */
  readonly inputs: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** Outputs of a stage by name, as digests; undefined for a stage that has left nothing. */
export type OutputsOf = (stage: string) => Readonly<Record<string, string>> | undefined;

/**
 * The identity of a stage; undefined for the data, which ties a run to the content of its files and so is always read
 * anew, and for the report.
 * @param outputsOf what the stages before it left
 * @param engine what computes it
 */
export function stageIdentity(
  stage: Stage,
  config: RunConfig,
  outputsOf: OutputsOf,
  engine?: EngineFacts,
): StageIdentity | undefined {
  const numbers = numbersOf(engine);
  const { kind, id, method, dataset } = stage;
  const { version } = rowOf(kind);
  if (version === undefined) return undefined;
  const inputs = stage.after.map((before) => {
    const outputs = outputsOf(before) ?? {};
    return [before, before === DATA ? visibleData(stage, outputs) : outputs];
  });
  return {
    ...{ kind, version, id, seed: config.seed, task: config.task.name, method, dataset },
    settings: pickSettings(configOf(stage, config), settingNamesOf(stage)),
    ...(numbers === undefined ? {} : { engine: numbers }),
    inputs: Object.fromEntries(inputs) as StageIdentity['inputs'],
  };
}

/** The outputs of {@link DATA} that a stage may read: those that its identity covers, all of them for a kind without one. */
export function visibleData(
  stage: Stage,
  outputs: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const { data, version } = rowOf(stage.kind);
  if (version === undefined) return outputs;
  const names = typeof data === 'function' ? data(stage as never) : data;
  return Object.fromEntries(Object.entries(outputs).filter(([name]) => names.includes(name)));
}
