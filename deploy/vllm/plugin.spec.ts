import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const python = process.env['VLLM_PYTHON'] ?? process.env['PEER_PYTHON'] ?? 'python3';
const folder = fileURLToPath(new URL('.', import.meta.url));
const isAbsent = spawnSync(python, ['--version']).status !== 0;
if (isAbsent) process.stderr.write('skipping the tests of deploy/vllm: no python3 on PATH\n');

it.skipIf(isAbsent)('passes its own tests, which need no vLLM', () => {
  const { status, stderr } = spawnSync(python, ['-m', 'unittest', '-v', 'tests.test_store'], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1' },
  });
  expect(status, stderr).toBe(0);
  expect(stderr).toMatch(/Ran \d+ tests/);
});
