import type { RunConfig } from '@sipf/contracts';
import { dataTableMarkdown, type Cell } from '@sipf/figures';
import { STAGE_KINDS, type DataSource, type TrainingKind } from '@sipf/runs';
import { basename } from 'node:path/posix';
import { stringify } from 'yaml';
import { dataTitle, isPublishedData, testSetTitle } from '../runs/data-source.ts';
import { recipeFacts } from '../runs/recipe-facts.ts';
import type { AccuracyRow, ReportedStage } from '../runs/reported-run.ts';
import { flatSettings } from '../runs/variants.ts';

/** A model that a run trained. */
export interface CardSubject {
  readonly run: string;
  /** As its stage has it. */
  readonly config: RunConfig;
  /** Of the code; a version where it is not known. */
  readonly commit: string;
  /** The stage that trained it. */
  readonly stage: Pick<ReportedStage, 'id' | 'iteration' | 'counts'> & { readonly kind: TrainingKind };
  /** As the run's log spells it. */
  readonly digest: string;
  readonly isAdapter: boolean;
  /** Its accuracies. */
  readonly rows: readonly AccuracyRow[];
  /** What the run's files of problems held; absent where the run does not say. */
  readonly sources?: readonly DataSource[] | undefined;
}

/** A README.md for a model's folder, with the front matter that the Hugging Face hub reads. */
export function modelCard(subject: CardSubject): string {
  const sections = [
    `# ${nameOf(subject)}`,
    describe(subject),
    `## Training data\n\n${trainingData(subject)}`,
    `## Results\n\n${results(subject)}`,
    `## Method and settings\n\n${settings(subject)}`,
    `## Intended use and limits\n\n${limits(subject)}`,
    `## How to load it\n\n${loading(subject)}`,
    `## Provenance\n\n${provenance(subject)}`,
  ];
  return `---\n${stringify(frontMatter(subject))}---\n\n${sections.join('\n\n')}\n`;
}

function nameOf({ run, stage }: CardSubject): string {
  return `${run}-${stage.id}`;
}

function isVerifier({ stage }: Pick<CardSubject, 'stage'>): boolean {
  return stage.kind === 'train-verifier';
}

/** Whether it is a verifier that neither transformers nor PEFT computes. */
function hasOwnHead(subject: CardSubject): boolean {
  return isVerifier(subject) && subject.config.verifier?.head === 'hidden-confidence';
}

type BaseSubject = Pick<CardSubject, 'config' | 'stage'>;

/** The folder of the model that the run started from; undefined for one trained from random weights. */
export function basePath(subject: BaseSubject): string | undefined {
  const { config, stage } = subject;
  const base = isVerifier(subject) ? config.verifier?.base : undefined;
  if (typeof base === 'object') return base.model;
  const ofSimulator = stage.kind === 'simulator' || base === 'simulator';
  const simulator = config.simulator?.model === 'policy' ? config.policy.model : config.simulator?.model;
  return ofSimulator ? simulator : config.policy.model;
}

/** The name of the model that the run started from; undefined for one trained from random weights. */
function baseOf(subject: BaseSubject): string | undefined {
  const path = basePath(subject);
  // The name alone: where a model lies on somebody's disk does not concern the card's readers.
  return path === undefined ? undefined : basename(path);
}

function frontMatter(subject: CardSubject): Record<string, unknown> {
  const base = baseOf(subject);
  const { config, isAdapter, rows, sources } = subject;
  const isPublished = isPublishedData(config, sources);
  const pipeline = isVerifier(subject) ? 'token-classification' : 'text-generation';
  const license =
    base === undefined ? { license: 'apache-2.0' } : { license: 'other', license_name: `as-${base}` };
  return {
    ...(base === undefined ? {} : { base_model: base }),
    ...license,
    library_name: hasOwnHead(subject) ? 'sipf' : isAdapter ? 'peft' : 'transformers',
    pipeline_tag: pipeline,
    language: ['en'],
    ...(isPublished ? { datasets: [config.task.name] } : {}),
    tags: [...new Set(['sipf', config.method, ...(isPublished ? [config.task.name] : [])])],
    ...(rows.length === 0 ? {} : { 'model-index': [modelIndex(subject, pipeline)] }),
  };
}

function modelIndex(subject: CardSubject, type: string): Record<string, unknown> {
  const { config, rows, sources } = subject;
  const results = rows.map(({ testSet, accuracy }) => {
    const name = testSetTitle(config, testSet, sources);
    const kind = name === (testSet ?? config.task.name) ? name : 'own';
    return {
      task: { type },
      dataset: { name, type: kind, split: 'test' },
      metrics: [{ type: 'accuracy', name: 'greedy accuracy', value: accuracy }],
    };
  });
  return { name: nameOf(subject), results };
}

function describe(subject: CardSubject): string {
  const { stage, config, isAdapter, run, sources } = subject;
  const { title } = recipeFacts(config);
  const base = baseOf(subject);
  const from = base === undefined ? 'trained from random weights' : `trained from ${base}`;
  const round = stage.iteration === 0 ? '' : `, iteration ${stage.iteration}`;
  const { role } = STAGE_KINDS[stage.kind].trains;
  return (
    `${title} on ${dataTitle(config, sources)}${round}: ${role}; ` +
    `${isAdapter ? 'a LoRA adapter' : 'all parameters'}, ${from}. Run \`${run}\`.`
  );
}

function trainingData({ stage, config, sources }: CardSubject): string {
  const counts = Object.entries(STAGE_KINDS[stage.kind].trains.learntFrom)
    .map(([name, what]) => ({ what, count: stage.counts[name] ?? 0 }))
    .filter(({ count }) => count > 0)
    .map(({ what, count }) => `- ${what}: ${count}`);
  const source =
    config.task.name === 'arithmetic' || config.task.name === 'programs'
      ? 'Generated problems of the bundled task.'
      : `Problems of ${dataTitle(config, sources)}.`;
  return [source, ...(counts.length === 0 ? [] : ['', ...counts])].join('\n');
}

function results({ rows, config, sources }: CardSubject): string {
  if (rows.length === 0) return 'The run did not evaluate it by itself.';
  return dataTableMarkdown({
    id: 'results',
    title: '',
    columns: [
      { key: 'test_set', title: 'test set' },
      { key: 'accuracy', title: 'greedy accuracy', format: 'percent' },
      { key: 'low', title: 'low (95 %)', format: 'percent' },
      { key: 'high', title: 'high (95 %)', format: 'percent' },
      { key: 'total', title: 'questions', format: 'count' },
    ],
    rows: rows.map(({ testSet, accuracy, low, high, total }): Cell[] => [
      testSet === undefined ? "the task's own" : testSetTitle(config, testSet, sources),
      ...[accuracy, low, high, total],
    ]),
  });
}

function settings({ config, stage }: CardSubject): string {
  const sections: readonly string[] = STAGE_KINDS[stage.kind].trains.card;
  const rows = [...flatSettings(config)]
    .filter(([key]) => sections.includes(key.split('.')[0] ?? ''))
    // A path names somebody's disk.
    .filter(([key]) => !key.endsWith('.model'));
  return dataTableMarkdown({
    id: 'settings',
    title: '',
    columns: [
      { key: 'setting', title: 'setting' },
      { key: 'value', title: 'value' },
    ],
    rows: [['seed', String(config.seed)], ['method', config.method], ...rows],
  });
}

function limits(subject: CardSubject): string {
  const task = dataTitle(subject.config, subject.sources);
  const use = isVerifier(subject)
    ? `For scoring steps of reasoning paths on ${task}, in the prompt format of the run; ` +
      'its probabilities are about a policy like the one whose paths it learnt from.'
    : `For research on reasoning with ${task}, in the prompt format of the run.`;
  return (
    `${use} It was measured on the test sets above alone. It may be wrong with confidence, ` +
    'it has had no safety training, and nothing should rest on its answers without a check.'
  );
}

function loading(subject: CardSubject): string {
  if (hasOwnHead(subject)) {
    return (
      "Its head also reads the policy's confidence. transformers " +
      'has no class for that, and refuses it: score by `sipf score`.'
    );
  }
  const type = isVerifier(subject) ? 'AutoModelForTokenClassification' : 'AutoModelForCausalLM';
  const lines = subject.isAdapter
    ? [
        'from peft import PeftModel',
        `from transformers import ${type}`,
        '',
        `base = ${type}.from_pretrained("${baseOf(subject) ?? 'BASE'}")`,
        'model = PeftModel.from_pretrained(base, ".")',
      ]
    : [
        `from transformers import ${type}, AutoTokenizer`,
        '',
        `model = ${type}.from_pretrained(".")`,
        'tokenizer = AutoTokenizer.from_pretrained(".")',
      ];
  return ['```python', ...lines, '```'].join('\n');
}

function provenance({ run, commit, digest, stage, config }: CardSubject): string {
  return [
    `- run \`${run}\`, stage \`${stage.id}\`, seed ${config.seed}`,
    `- code ${commit === '' ? 'of an unknown version' : `\`${commit}\``}`,
    `- weights \`${digest}\``,
    '- Chen, Wang, Zhang: Self-Iterative Process Feedback (COLING 2025)',
  ].join('\n');
}
