import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('../../../apps/sipf/src/main.ts', import.meta.url));
const configs = fileURLToPath(new URL('../../../apps/sipf/configs/', import.meta.url));

/** What goes beyond the paper, one setting at a time. The curriculum draws as many paths as the paper's 8, 4, 2. */
const extensions = [
  'verifier.denoising={afterFirstError: true, minAgreement: 0.75}',
  'verifier.labels=soft',
  'pairs.level=step',
  'verifier.refresh=every-iteration',
  'sampling.curriculum=[{pathsPerQuestion: 4}, {pathsPerQuestion: 4}, {pathsPerQuestion: 6}]',
  'pairs.weights=reward',
];

/** The paper's rows that the bundled configurations leave out, and the row that they are compared with. */
const others = 'sipf,sipf-without-odds-ratio,sipf-without-both,rft-iterated,prft-iterated,star,psrf,rpo';

/** What an experiment runs: a bundled configuration, and flags that go before its section. */
const tasks = {
  arithmetic: { config: 'arithmetic', flags: [] },
  programs: { config: 'programs', flags: [] },
  methods: { config: 'arithmetic', flags: ['--methods', others] },
  extensions: { config: 'arithmetic', flags: ['--methods', 'sipf', '--alternatives', ...extensions] },
} as const;

/** The name of an experiment. */
export type TaskName = keyof typeof tasks;

/** Whether there is an experiment of the name. */
export function isTask(name: string): name is TaskName {
  return Object.hasOwn(tasks, name);
}

/** The names of all experiments. */
export const taskNames = Object.keys(tasks);

/** An experiment on a bundled task; one of the same id resumes where it was stopped. */
export interface Experiment {
  readonly id: string;
  readonly task: TaskName;
  /** As `sipf experiment` takes them. @default those of the task's configuration, as the methods are */
  readonly seeds: string | undefined;
  /** Folder of run folders. */
  readonly runs: string;
}

/** Runs `sipf experiment` to its end; its progress goes to standard error. @throws Error when it fails or is stopped */
export async function runExperiment({ id, task, seeds, runs }: Experiment): Promise<void> {
  const { config, flags: own } = tasks[task];
  const flags = ['--config', `${configs}${config}.yaml`, '--runs', runs, '--id', id, ...own];
  if (seeds !== undefined) flags.push('--seeds', seeds);
  const child = spawn(process.execPath, [program, 'experiment', ...flags], { stdio: ['ignore', 2, 2] });
  const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
  if (code !== 0) throw new Error(`sipf experiment ended with ${signal ?? `status ${code ?? ''}`}`);
}
