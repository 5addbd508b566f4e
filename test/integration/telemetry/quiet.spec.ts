import { plainEnvironment } from '@sipf/service/testing';
import { spawn, spawnSync } from 'node:child_process';
import { globSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { root } from '../../run/step.ts';
import { temporaryFolder } from '../../support/models.ts';

const HOST = 'asked mobile.events.data.microsoft.com';
const SINK = fileURLToPath(new URL('dns-sink.ts', import.meta.url));
const TALKATIVE = fileURLToPath(new URL('talkative.ts', import.meta.url));
const SIPF = join(root, 'apps/sipf/src/main.ts');

const mayNot = spawnSync('unshare', ['--net', '--mount', 'ip', 'link', 'set', 'lo', 'up']).status !== 0;
const title = mayNot ? ' (skipped: this user may make no network of its own)' : '';

interface Heard {
  /** What the name server was asked. */
  readonly asked: string;
  /** Names of whatever was left under TMPDIR and under the home folder. */
  readonly left: readonly string[];
}

/** Runs a program in a network that has nothing but a name server, with a fresh home and temporary folder. */
async function overheard(folder: string, program: readonly string[]): Promise<Heard> {
  const [home, temporary] = [join(folder, 'home'), join(folder, 'temporary')];
  for (const path of [home, temporary]) mkdirSync(path, { recursive: true });
  const resolver = join(folder, 'resolv.conf');
  writeFileSync(resolver, 'nameserver 127.0.0.1\n');
  // Without programs to be found, so that nobody fetches a nats-server from Debian.
  const script = 'ip link set lo up && mount --bind "$0" /etc/resolv.conf && PATH=/nowhere exec "$@"';
  const child = spawn(
    'unshare',
    ['--net', '--mount', 'sh', '-c', script, resolver, process.execPath, SINK, ...program],
    {
      cwd: root,
      // Nothing that would switch it off from outside.
      env: { ...plainEnvironment, HOME: home, TMPDIR: temporary },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  const ended = new Promise<number | null>((resolve) => child.on('exit', resolve));
  const [asked, log] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const left = [home, temporary].flatMap((path) => readdirSync(path, { recursive: true }) as string[]);
  const status = await ended;
  if (status !== 0) throw new Error(log);
  return { asked, left };
}

describe.skipIf(mayNot)(`what a run sends to the world${title}`, () => {
  it('is nothing: no name is looked up, and no file is left in the home or the temporary folder', async () => {
    const folder = temporaryFolder();
    onTestFinished(folder.remove);
    const config = join(root, 'test/fixtures/tiny-run.yaml');
    const run = ['run', '--config', config, '--set', 'iterations=1', '--runs', join(folder.path, 'runs')];
    const [ours, plain] = await Promise.all([
      overheard(join(folder.path, 'ours'), [SIPF, ...run]),
      overheard(join(folder.path, 'plain'), [TALKATIVE]),
    ]);
    expect(ours).toEqual({ asked: '', left: [] });
    // What would be seen otherwise.
    expect(plain.asked).toContain(HOST);
    expect(plain.left.join(' ')).toMatch(/onnxruntime\.db.*mat-debug/);
  });
});

describe('onnxruntime', () => {
  it('is loaded by nobody who has not switched its telemetry off before', () => {
    const all = globSync('{apps,libs,test,deploy}/**/*.{ts,mjs}', {
      cwd: root,
      exclude: ['**/node_modules/**'],
    });
    const loading = all.filter((path) => {
      if (/\.spec\.ts$|\/testing\/|talkative/.test(path)) return false;
      return /^import (?!type).*'onnxruntime-node'/m.test(readFileSync(join(root, path), 'utf8'));
    });
    expect(loading).toContain('libs/inference/src/session/session.ts');
    for (const path of loading) {
      const imports = readFileSync(join(root, path), 'utf8').matchAll(/^import .*?'(.*)';$/gm);
      const [first] = [...imports].map(([, name]) => name);
      expect(first, path).toMatch(/^(\.|@sipf\/inference)\/without-telemetry(\.ts)?$/);
    }
  });

  it('finds the variable in tests, in images and wherever services are started', () => {
    expect(process.env['ORT_DISABLE_TELEMETRY']).toBe('1');
    const files = [
      ...['deploy/bootstrap/main.mjs', 'deploy/compose/compose.yaml', 'vitest.config.ts'],
      ...globSync('deploy/docker/*.Dockerfile', { cwd: root }),
      ...[
        'generation',
        'simulation',
        'verification',
        'training',
        'orchestration',
        'gateway',
        'dashboard',
      ].map((name) => `deploy/kubernetes/manifests/${name}.yaml`),
    ];
    for (const path of files)
      expect(readFileSync(join(root, path), 'utf8'), path).toMatch(/ORT_DISABLE_TELEMETRY/);
  });
});
