import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { callCli, startCli, testFolder, type CliProcess } from './cli-process.ts';

const STORIES = fileURLToPath(new URL('../../../shared/models/stories260K', import.meta.url));
const lines = (rows: readonly unknown[]): string => rows.map((row) => `${JSON.stringify(row)}\n`).join('');

/** Ends the service that a command has started, as the kernel would where memory is short. */
function killService({ child }: CliProcess): void {
  const [pid = ''] = execFileSync('pgrep', ['-P', String(child.pid)], { encoding: 'utf8' }).split('\n');
  process.kill(Number(pid), 'SIGKILL');
}

describe.skipIf(!existsSync(STORIES))('a command whose own service is killed', () => {
  it('trains to the same model', async () => {
    const folder = testFolder();
    const rows = Array.from({ length: 240 }, (_, n) => ({ prompt: `${n} + 1 = `, completion: `${n + 1}` }));
    writeFileSync(join(folder, 'rows.jsonl'), lines(rows));
    const train = (out: string) =>
      [
        'train',
        '--model',
        STORIES,
        '--data',
        'rows.jsonl',
        '--objective',
        'supervised',
        '--epochs',
        '1',
        '--json',
      ].concat(...['--out', out]);
    await callCli(folder, train('whole'));
    const disturbed = startCli(folder, train('disturbed'));
    await disturbed.waitForLine((line) => line.includes('"step":3,'));
    killService(disturbed);
    const { status, stdout, stderr } = await disturbed.ended;
    expect(status, stderr).toBe(0);
    expect(stderr).toContain('training was ended by SIGKILL');
    expect(stderr).toContain('is waited for');
    const steps = stdout
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { step: number }).step);
    expect(steps).toEqual(Array.from({ length: 15 }, (_, index) => index + 1));
    const weights = (out: string) => readFileSync(join(folder, out, 'model.safetensors'));
    expect(weights('disturbed').equals(weights('whole'))).toBe(true);
  });

  it('samples the same paths', async () => {
    const folder = testFolder();
    const prompts = Array.from({ length: 12 }, (_, n) => ({
      id: String(n),
      prompt: `Once upon a time ${n}`,
    }));
    writeFileSync(join(folder, 'prompts.jsonl'), lines(prompts));
    const sample = [
      ...['sample', '--model', STORIES, '--prompts', 'prompts.jsonl'],
      ...['--n', '2', '--max-new-tokens', '100', '--batch', '2', '--seed', '3'],
    ];
    const whole = await callCli(folder, sample);
    const disturbed = startCli(folder, sample);
    await disturbed.waitForLine((line) => line.includes('"id":"0"'));
    killService(disturbed);
    const { status, stdout, stderr } = await disturbed.ended;
    expect(status, stderr).toBe(0);
    expect(stderr).toContain('generation was ended by SIGKILL');
    expect(stdout.split('\n')).toHaveLength(12 * 2 + 1);
    expect(stdout).toBe(whole.stdout);
  });
});
