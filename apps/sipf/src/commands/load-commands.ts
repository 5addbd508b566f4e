import type { CommandDefinition } from './command.ts';

/** By the words they are called by, in the order of the help. */
const COMMANDS: Readonly<Record<string, () => Promise<CommandDefinition>>> = {
  run: async () => (await import('./run.ts')).runCommand,
  experiment: async () => (await import('./experiment.ts')).experimentCommand,
  resume: async () => (await import('./resume.ts')).resumeCommand,
  status: async () => (await import('./status.ts')).statusCommand,
  cancel: async () => (await import('./cancel.ts')).cancelCommand,
  dashboard: async () => (await import('./dashboard.ts')).dashboardCommand,
  report: async () => (await import('./report.ts')).reportCommand,
  export: async () => (await import('./export.ts')).exportCommand,
  compare: async () => (await import('./compare.ts')).compareCommand,
  verify: async () => (await import('./verify.ts')).verifyCommand,
  gc: async () => (await import('./gc.ts')).gcCommand,
  sample: async () => (await import('./sample.ts')).sampleCommand,
  label: async () => (await import('./label.ts')).labelCommand,
  score: async () => (await import('./score.ts')).scoreCommand,
  train: async () => (await import('./train.ts')).trainCommand,
  evaluate: async () => (await import('./evaluate.ts')).evaluateCommand,
  execute: async () => (await import('./execute.ts')).executeCommand,
  grade: async () => (await import('./grade.ts')).gradeCommand,
  serve: async () => (await import('./serve.ts')).serveCommand,
  'model pull': async () => (await import('./model-pull.ts')).modelPullCommand,
  'model merge': async () => (await import('./model-merge.ts')).modelMergeCommand,
  'verifier evaluate': async () => (await import('./verifier-evaluate.ts')).verifierEvaluateCommand,
  'verifier convert': async () => (await import('./verifier-convert.ts')).verifierConvertCommand,
  'token create': async () => (await import('./token-create.ts')).tokenCreateCommand,
  'device install': async () => (await import('./device-install.ts')).deviceInstallCommand,
  doctor: async () => (await import('./doctor.ts')).doctorCommand,
  health: async () => (await import('./health.ts')).healthCommand,
};

/**
 * The commands that a call may mean: those that begin with its first word, or all where none does.
 * What the others need is not loaded, which is most of the time that a short command takes.
 */
export function loadCommands(argv: readonly string[]): Promise<CommandDefinition[]> {
  const first = argv.find((word) => !word.startsWith('-'));
  const all = Object.entries(COMMANDS);
  const meant = all.filter(([words]) => words.split(' ')[0] === first);
  return Promise.all((meant.length > 0 ? meant : all).map(([, load]) => load()));
}
