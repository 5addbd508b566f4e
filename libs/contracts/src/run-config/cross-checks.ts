import type { FieldViolation } from '@sipf/errors';
import { recipeNamed, type StageKind } from '@sipf/method';
import { engineViolations } from './engine-checks.ts';
import type { OutOfDomain } from './evaluation.ts';
import { NEEDED_SECTIONS } from './needed-sections.ts';
import type { RunConfig } from './run-config.ts';

/** Tasks whose models can be asked the questions of a data set out of domain. */
const askedOf: Readonly<Record<OutOfDomain['name'], readonly RunConfig['task']['name'][]>> = {
  'mmlu-math': ['gsm8k'],
  humaneval: ['mbpp'],
  harder: ['arithmetic', 'programs'],
};

/** What is wrong between settings that are right each for itself. */
export function crossViolations(config: RunConfig): FieldViolation[] {
  const { verifier, simulation, simulator, method } = config;
  const kinds = kindsOf(method);
  const found: FieldViolation[] = sectionsFor(kinds)
    .filter((section) => config[section] === undefined)
    .map((section) => ({ field: section, description: `is required for method ${method}` }));
  if (found.length > 0) return found;
  if (verifier?.labels === 'soft' && simulation?.stopWhenDecided === true) {
    const description = 'soft labels need every roll-out, and simulation.stopWhenDecided leaves some out';
    found.push({ field: 'verifier.labels', description });
  }
  if (kinds.has('train-verifier') && verifier?.base === 'simulator' && simulator === undefined) {
    found.push({ field: 'simulator', description: 'is required for a verifier on the simulator' });
  }
  found.push(...comparedViolations(config, kinds));
  if (verifier?.trainable === 'lora' && config.policy.lora === undefined) {
    const description = 'lora needs policy.lora, whose settings the verifier takes';
    found.push({ field: 'verifier.trainable', description });
  }
  if (recipeNamed(method).setup[0]?.kind === 'evaluate' && config.policy.model === undefined) {
    const description = `is required for method ${method}: a model from scratch has learnt nothing to be asked about`;
    found.push({ field: 'policy.model', description });
  }
  return [...found, ...missingExemplars(config), ...foreignDataSets(config), ...engineViolations(config)];
}

/** Whether the run has what its compared verifiers are made of. */
function comparedViolations(
  { comparedVerifiers = [], verifier, simulator, method }: RunConfig,
  kinds: ReadonlySet<StageKind>,
): FieldViolation[] {
  if (comparedVerifiers.length > 0 && !kinds.has('train-verifier'))
    return [
      { field: 'comparedVerifiers', description: `method ${method} trains no verifier to compare with` },
    ];
  const hasLabels = kinds.has('label') && verifier?.kind === 'process';
  const texts = comparedVerifiers.map((one) => JSON.stringify(one));
  return comparedVerifiers.flatMap(({ base, kind }, index) => {
    const field = `comparedVerifiers.${index}`;
    const found: FieldViolation[] = [];
    if (texts.indexOf(texts[index] ?? '') !== index) found.push({ field, description: 'is there twice' });
    if (base === 'simulator' && simulator === undefined)
      found.push({ field: `${field}.base`, description: 'simulator needs the section simulator' });
    if (kind === 'process' && !hasLabels) {
      const description =
        "process needs labels of steps, which the run's own verifier of outcomes does without";
      found.push({ field: `${field}.kind`, description });
    }
    return found;
  });
}

/** Math without worked examples would be a zero-shot row of a wrong name; for code the paper's CoT is zero-shot. */
function missingExemplars({ method, task, policy }: RunConfig): FieldViolation[] {
  const isFewShot = recipeNamed(method).setup.some(
    (stage) => stage.kind === 'evaluate' && stage.prompt === 'few-shot',
  );
  const isMath = task.name === 'gsm8k' || task.name === 'arithmetic';
  const hasExemplars = task.name === 'gsm8k' && task.exemplars !== undefined;
  if (!isFewShot || !isMath || hasExemplars || policy.model === undefined) return [];
  const description = `is required for method ${method}; cot-zero-shot asks without`;
  return [{ field: 'task.exemplars', description }];
}

function kindsOf(method: string): Set<StageKind> {
  const { setup, loop } = recipeNamed(method);
  return new Set([...setup, ...loop].map(({ kind }) => kind));
}

function sectionsFor(kinds: ReadonlySet<StageKind>): (keyof RunConfig)[] {
  return [...new Set([...kinds].flatMap((kind) => NEEDED_SECTIONS[kind]))];
}

function foreignDataSets({ task, evaluation }: RunConfig): FieldViolation[] {
  const names = evaluation.outOfDomain.map(({ name }) => name);
  return names.flatMap((name, index) => {
    const field = `evaluation.outOfDomain.${index}.name`;
    if (names.indexOf(name) !== index) return [{ field, description: `${name} is there twice` }];
    const tasks = askedOf[name];
    if (tasks.includes(task.name)) return [];
    return [{ field, description: `${name} is for ${tasks.join(' and ')}, not for ${task.name}` }];
  });
}
