import { canonicalJson, digestBytes } from '@sipf/artifacts';
import type { RunConfig } from '@sipf/contracts';
import { DATA, plannedEngine, planRun, stageIdentity } from '@sipf/runs';

/**
 * Names of the stages of a run before anything is computed: two stages of equal name have equal results. Data and report
 * have none: they are made by every run.
 * @returns by the stage's id
 */
export function stageKeys(config: RunConfig): ReadonlyMap<string, string> {
  const keys = new Map<string, string>();
  const data = dataNames(config);
  const outputsOf = (stage: string): Record<string, string> =>
    stage === DATA ? data : { result: keys.get(stage) ?? '' };
  for (const stage of planRun(config)) {
    const identity = stageIdentity(stage, config, outputsOf, plannedEngine(stage, config));
    if (identity !== undefined) keys.set(stage.id, digest(identity));
  }
  return keys;
}

/** What each part of the data depends on. */
function dataNames({ seed, task, evaluation, policy, simulator }: RunConfig): Record<string, string> {
  const { validationQuestions, outOfDomain } = evaluation;
  const problems = digest({ seed, task, validationQuestions, outOfDomain });
  const sets = ['train', 'loop', 'test', 'validation', 'exemplars', ...outOfDomain.map(({ name }) => name)];
  const shape = (name: string, model: { readonly model?: unknown; readonly initial?: unknown }) =>
    digest({ name, task: task.name, model: model.model, initial: model.initial });
  const [own, strong] = [shape('policy', policy), shape('simulator', simulator ?? {})];
  return {
    ...Object.fromEntries(sets.map((name) => [name, `${problems}/${name}`])),
    policy: own,
    policyConfig: own,
    simulator: `${problems}/${strong}`,
    simulatorConfig: strong,
  };
}

function digest(value: unknown): string {
  const json = JSON.parse(JSON.stringify(value)) as unknown;
  return digestBytes(new TextEncoder().encode(canonicalJson(json)));
}
