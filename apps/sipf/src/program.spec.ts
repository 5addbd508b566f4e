import { temporaryFolder } from '@sipf/runs/testing';
import { createLogger, createService, serviceSettings } from '@sipf/service';
import { mkdirSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { runProgram } from './program.ts';
import { testTerminal } from './testing/test-terminal.ts';

async function sipf(cwd: string, ...argv: string[]) {
  const terminal = testTerminal({ cwd });
  const status = await runProgram(argv, terminal);
  return { status, output: terminal.output(), shown: terminal.shown() };
}

it('explains itself and its exit statuses', async () => {
  const { status, output } = await sipf('/', '--help');
  expect(status).toBe(0);
  for (const name of [
    'run',
    'experiment',
    'resume',
    'status',
    'cancel',
    'sample',
    'label',
    'score',
    'train',
    'evaluate',
    'report',
    'export',
    'compare',
    'serve',
    'health',
  ]) {
    expect(output).toMatch(new RegExp(`^  ${name} `, 'm'));
  }
  expect(output).toContain('69 a service is unavailable');
});

it('says of every flag what its value can be and what it is by default', async () => {
  const { output } = await sipf('/', 'train', '--help');
  const text = output.replaceAll(/\s+/g, ' ');
  expect(text).toContain(
    '--lora-rank <count> train a LoRA adapter of this rank instead of all parameters (1 to 4096)',
  );
  expect(text).toContain(
    '--schedule <name> how the rate moves after that (constant, linear, cosine; default: linear)',
  );
  expect(text).toContain(
    '--out <folder> new folder for the model, or for the adapter with --lora-rank (required)',
  );
  const { output: run } = await sipf('/', 'run', '--help');
  expect(run).toContain('--no-dashboard ');
});

describe('wrong calls end with 64 and say why', () => {
  it.each([
    [['walk'], "unknown command 'walk'"],
    [['run', '--colour'], "unknown option '--colour'"],
    [['run', 'now'], 'too many arguments'],
    [['resume'], "missing required argument 'id'"],
    [['resume', '../x'], '"../x" is not a run id'],
    [['resume', 'nobody'], 'there is no run nobody in'],
    [['cancel', 'nobody'], 'there is no run nobody in'],
    [['run', '--config', 'none.yaml'], 'cannot read the configuration none.yaml'],
    [['run', '--run-id', 'A B', '--dry-run'], '"A B" is not a run id'],
    [['run', '--embedded', '--server', 'a:1'], '--embedded and --server exclude each other'],
    [['run', '--workers', '0'], '--workers must be an integer from 1 to 2147483647, is 0'],
    [['experiment', '--methods', 'magic'], 'no recipe is called "magic"; known recipes: cot'],
    [['experiment', '--vary', 'alignment.lambda'], 'must be key=value,value'],
    [['experiment', '--methods', 'cot'], 'policy.model: is required for method cot'],
    [['experiment', '--id', 'A B', '--dry-run'], '"A B" is not a run id'],
    [['sample'], "required option '--prompts <file>' not specified"],
    [['sample', '--prompts', '-'], '--model is required (a Hugging Face folder), or --server'],
    [['sample', '--prompts', '-', '--model', 'none'], '--model: there is no folder'],
    [
      ['sample', '--prompts', '-', '--model', '.', '--server', 'a:1'],
      '--model and --server exclude each other',
    ],
    [['score', '--input', '-', '--model', '.'], 'has no config.json'],
    [
      ['label', '--task', 'chess', '--paths', '-', '--model', '.'],
      'no task is called "chess"; known tasks: arithmetic, gsm8k',
    ],
    [
      ['evaluate', '--task', 'gsm8k', '--data', 'none.jsonl', '--model', '.'],
      '--data: cannot read none.jsonl (ENOENT)',
    ],
    [
      ['train', '--objective', 'ppo', '--model', '.', '--data', 'x', '--out', 'y'],
      '--objective must be one of supervised, orpo, dpo, rpo, process-reward, outcome-reward, is ppo',
    ],
    [
      ['train', '--objective', 'orpo', '--model', '.', '--data', 'x', '--out', 'y', '--accumulation', '17'],
      '--accumulation must be at most --batch-size, is 17',
    ],
    [
      ['label', '--task', 'gsm8k', '--paths', '-', '--model', '.', '--tau', '8'],
      '--tau must be under --rollouts, is 8',
    ],
    [['health', 'nowhere'], '"nowhere" is not host:port'],
    [['serve', 'coffee'], 'there is no service "coffee"; the services are generation,'],
  ])('%j', async (argv, message) => {
    using folder = temporaryFolder();
    const { status, shown, output } = await sipf(folder.path, ...argv);
    expect(shown).toContain(message);
    expect(shown).not.toMatch(/\n {4}at /);
    expect(output).toBe('');
    expect(status).toBe(64);
  });
});

it.each([
  ['run'],
  ['run', '--dry-run'],
  ['experiment', '--methods', 'sft', '--seeds', '1,2'],
  ['experiment', '--methods', 'sft', '--dry-run'],
])('%s opens what it will need before it starts anything, and ends with 64', async (...argv) => {
  using folder = temporaryFolder();
  const row = '{"question": "q?", "answer": "#### 2"}\n';
  folder.write('a.jsonl', row + row);
  folder.write(
    'config.yaml',
    `method: sft
task: { name: gsm8k, train: a.jsonl, test: a.jsonl }
policy: { model: . }
sft: { learningRate: 1.0e-3 }
sampling: { maxNewTokens: 8 }
evaluation: { maxNewTokens: 8 }
`,
  );
  const { status, shown } = await sipf(folder.path, ...argv, '--config', 'config.yaml');
  expect(shown).toContain('task.train: a.jsonl:1: no solution, only its answer');
  expect(shown).toContain('(and so of 1 more of 2)');
  expect(shown).toContain(`policy.model: ${folder.path} cannot be opened`);
  expect(status).toBe(64);
  expect(readdirSync(folder.path).sort()).toEqual(['a.jsonl', 'config.yaml']);
});

it('names a run that exists and the command that resumes it', async () => {
  using folder = temporaryFolder();
  mkdirSync(`${folder.path}/runs/mine`, { recursive: true });
  folder.write('runs/mine/log.jsonl', '');
  const { status, shown } = await sipf(folder.path, 'run', '--run-id', 'mine');
  expect(shown).toBe(
    'sipf: run mine exists: resume it with `sipf resume mine`, or choose another --run-id\n',
  );
  expect(status).toBe(64);
});

it('says that no service answers where there is none', async () => {
  using folder = temporaryFolder();
  const { status, shown } = await sipf(folder.path, 'status', '--server', '127.0.0.1:1');
  expect(status).toBe(69);
  expect(shown).toMatch(/^sipf: /);
}, 30_000);

it('asks a service whether it serves', async () => {
  const server = createService({
    name: 'empty',
    implementations: [],
    settings: serviceSettings(),
    logger: createLogger({ service: 'empty', level: 'silent' }),
  });
  const { address } = await server.start();
  expect(await sipf('/', 'health', address)).toEqual({ status: 0, output: 'serving\n', shown: '' });
  server.setServing(false);
  const { status, shown } = await sipf('/', 'health', address, '--wait-seconds', '0.3');
  expect(shown).toContain('the service answers NOT_SERVING');
  expect(status).toBe(69);
  await server.stop();
});

it('prints a configuration that can be run again, and makes nothing', async () => {
  using folder = temporaryFolder();
  const { status, output } = await sipf(folder.path, 'run', '--dry-run', '--set', 'iterations=1', 'seed=7');
  expect(status).toBe(0);
  expect(output).toContain('# run sipf-arithmetic-7: 14 stages\n#   data ');
  folder.write('again.yaml', output);
  const again = await sipf(folder.path, 'run', '--dry-run', '--json', '--config', 'again.yaml');
  const { config, stages } = JSON.parse(again.output) as { config: unknown; stages: unknown[] };
  expect(config).toEqual(parse(output));
  expect(stages).toHaveLength(14);
  expect(readdirSync(folder.path)).toEqual(['again.yaml']);
});

it('has no runs where none were started', async () => {
  using folder = temporaryFolder();
  expect((await sipf(folder.path, 'status')).output).toBe(
    `no runs in ${folder.path}/runs; start one by \`sipf run\`\n`,
  );
  expect((await sipf(folder.path, 'status', '--json')).output).toBe('{"runs":[]}\n');
});
