import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../support/free-port.ts';
import { temporaryFolder } from '../support/models.ts';
import { PEER_LIMIT_MS, peerPython, peersAreAbsent } from '../support/peer.ts';
import { runProgram } from '../support/start-program.ts';
import { hasStories, storiesFolder } from '../support/stories.ts';

describe.skipIf(peersAreAbsent('transformers serve as a backend') || !hasStories)(
  'transformers serve',
  () => {
    const folder = temporaryFolder();
    let server: ChildProcess;
    let url: string;

    beforeAll(async () => {
      const port = await freePort();
      url = `http://127.0.0.1:${port}/v1`;
      const script = fileURLToPath(new URL('transformers-serve.py', import.meta.url));
      const env = { ...process.env, HF_HUB_OFFLINE: '1', TORCHINDUCTOR_CACHE_DIR: folder.path };
      server = spawn(peerPython ?? '', [script, storiesFolder, String(port)], { env, stdio: 'ignore' });
      const lists = async (): Promise<boolean> =>
        (await fetch(`${url}/models`).catch(() => undefined))?.ok === true;
      while (server.exitCode === null && !(await lists())) await setTimeout(500);
    }, PEER_LIMIT_MS);

    afterAll(async () => {
      if (server.exitCode === null) {
        server.kill('SIGKILL');
        await once(server, 'close');
      }
      folder.remove();
    });

    const text = ['--backend-dialect', 'openai', '--backend-prompt', 'text'];
    it.each<[string, string, string[], string]>([
      ['takes other fields', storiesFolder, [], 'Unexpected fields in the request'],
      ['takes texts alone', storiesFolder, text.slice(0, 2), 'prompt must be a string'],
      ['returns no log-probabilities', storiesFolder, text, 'choices[0].logprobs'],
      ['has another name for the model', 'stories', text, `it lists ${storiesFolder}`],
    ])('is refused at the start for what it lacks: it %s', async (_what, name, flags, words) => {
      const backend = ['--backend', 'openai', '--backend-url', url, '--backend-model', name];
      const { status, log } = await runProgram('generation', [
        '--model',
        storiesFolder,
        ...backend,
        ...flags,
      ]);
      expect(status).not.toBe(0);
      expect(log).toContain(words);
      expect(log).not.toContain('attempts');
    });
  },
);
