import { DockerfileParser, type Dockerfile, type Instruction } from 'dockerfile-ast';
import { validate } from 'dockerfile-utils';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const folder = fileURLToPath(new URL('.', import.meta.url));
const root = join(folder, '../..');

/** Whether an instruction stands in a stage, by the stage's name. */
function isInStage(file: Dockerfile, line: Instruction, stage: string): boolean {
  const at = line.getRange().start.line;
  const before = file.getFROMs().filter((from) => from.getRange().start.line <= at);
  return before.at(-1)?.getBuildStage() === stage;
}

describe.each(['cpu', 'cuda'])('the image for %s', (kind) => {
  const text = readFileSync(join(folder, `${kind}.Dockerfile`), 'utf8');
  const file: Dockerfile = DockerfileParser.parse(text);
  const last = (instructions: readonly { getRawArgumentsContent(): string | null }[]) =>
    instructions.at(-1)?.getRawArgumentsContent() ?? '';

  it('is valid Dockerfile syntax', () => {
    expect(validate(text).map(({ message }) => message)).toEqual([]);
  });

  it('builds on images from arguments, and refuses those without a digest', () => {
    const stages = file.getFROMs().map((from) => from.getBuildStage());
    const bases = file.getFROMs().map((from) => String(from.getImage()));
    for (const base of bases) expect(base).toMatch(/^(?:\$\{NODE_IMAGE\}|dependencies)$/);
    for (const argument of file.getInitialARGs()) expect(argument.getRawArgumentsContent()).toMatch(/^\w+$/);
    expect(text).toContain('*@sha256:*) ;; *) echo');
    const own = kind === 'cuda' ? ['cuda'] : [];
    expect(stages).toEqual(['manifests', 'page', 'dependencies', ...own, null]);
  });

  it('runs as an unprivileged user, stops on SIGTERM, and checks its health over gRPC', () => {
    const instructions = file.getInstructions();
    const named = (keyword: string) => instructions.filter((line) => line.getKeyword() === keyword);
    expect(last(named('USER'))).toBe('10001:10001');
    expect(last(named('STOPSIGNAL'))).toBe('SIGTERM');
    expect(last(file.getHEALTHCHECKs())).toContain('"health", "127.0.0.1:9000"');
    expect(JSON.parse(last(file.getENTRYPOINTs()))).toEqual(['node', 'apps/sipf/src/main.ts']);
    expect(named('ADD')).toEqual([]);
    const after = instructions.slice(instructions.findIndex((line) => line.getKeyword() === 'USER'));
    expect(after.map((line) => line.getKeyword())).not.toContain('RUN');
  });

  it('installs from the lock file, and runs no install script', () => {
    expect(text).toContain('npm ci --omit=dev --omit=optional --ignore-scripts');
    expect(text).not.toContain('install.js');
  });

  it('has the dashboard’s page, built by the same function as elsewhere', () => {
    expect(text).toContain("import { buildPage } from './deploy/bootstrap/page.mjs'");
    expect(text).toContain('COPY --from=page /app/apps/dashboard/dist ./apps/dashboard/dist');
  });

  it('builds that page from the files that its stage copies', () => {
    const clone = mkdtempSync(join(tmpdir(), 'sipf-page-'));
    const stage = file.getInstructions().filter((line) => isInStage(file, line, 'page'));
    try {
      for (const name of ['node_modules', 'package.json', 'package-lock.json'])
        symlinkSync(join(root, name), join(clone, name));
      for (const copy of file.getCOPYs().filter((line) => isInStage(file, line, 'page'))) {
        if (copy.getFlags().length > 0) continue;
        const [source = '', target = ''] = copy.getArguments().map((argument) => argument.getValue());
        const into = join(clone, target === './' ? basename(source) : target);
        cpSync(join(root, source), into, { recursive: true, filter: (path) => !path.includes('/dist') });
      }
      const [command = '[]'] = stage
        .map((line) => line.getRawArgumentsContent() ?? '')
        .filter((words) => words.includes('buildPage'));
      const [, ...words] = JSON.parse(command) as string[];
      const { status, stderr } = spawnSync(process.execPath, words, { cwd: clone, encoding: 'utf8' });
      expect({ status, stderr }).toMatchObject({ status: 0 });
      expect(readdirSync(join(clone, 'apps/dashboard/dist'))).toContain('index.html');
    } finally {
      rmSync(clone, { recursive: true });
    }
  });

  it('carries its SBOM and the licences', () => {
    expect(text).toContain('RUN node deploy/supply-chain/main.ts sbom --image > sbom.cdx.json');
    expect(text).toContain('COPY --from=dependencies /app/sbom.cdx.json ./');
    expect(text).toMatch(/^COPY .* THIRD-PARTY\.md \.\/$/mu);
  });
});

describe('the check of the libraries that the CUDA provider links', () => {
  let provided = '';
  beforeEach(() => {
    provided = mkdtempSync(join(tmpdir(), 'sipf-linking-'));
  });
  afterEach(() => {
    rmSync(provided, { recursive: true });
  });

  /** @param ldd what ldd prints about the provider */
  function check(ldd: string, ...libraries: string[]) {
    for (const name of libraries) writeFileSync(join(provided, name), '');
    writeFileSync(join(provided, 'ldd'), `#!/bin/sh\ncat <<'END'\n${ldd}\nEND\n`);
    chmodSync(join(provided, 'ldd'), 0o755);
    const env = { PATH: `${provided}:${String(process.env['PATH'])}` };
    return spawnSync('sh', [join(folder, 'check-linking.sh'), provided], { encoding: 'utf8', env });
  }
  const provider = ['libonnxruntime_providers_shared.so', 'libonnxruntime_providers_cuda.so'];
  const driver = '\tlibcuda.so.1 => not found';

  it('accepts a provider whose libraries exist, all but the driver', () => {
    expect(check(`\tlibcublas.so.13 => /usr/lib/libcublas.so.13\n${driver}`, ...provider).status).toBe(0);
  });

  it('refuses a provider that links another CUDA, and names the libraries', () => {
    const { status, stderr } = check(`\tlibcudnn.so.9 => not found\n${driver}`, ...provider);
    expect(status).toBe(1);
    expect(stderr).toContain('libcudnn.so.9 => not found');
    expect(stderr).not.toContain('libcuda.so.1');
  });

  it('refuses an installation without the provider', () => {
    const { status, stderr } = check('', 'libonnxruntime_providers_shared.so');
    expect(status).toBe(1);
    expect(stderr).toContain('libonnxruntime_providers_cuda.so is not there');
  });
});
