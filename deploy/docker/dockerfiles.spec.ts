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
import { DockerfileParser, type Dockerfile, type Instruction } from 'dockerfile-ast';
import { validate } from 'dockerfile-utils';
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

  it('is written as Docker reads it', () => {
    expect(validate(text).map(({ message }) => message)).toEqual([]);
  });

  it('stands on images that the build is given, and refuses those that no digest pins', () => {
    const stages = file.getFROMs().map((from) => from.getBuildStage());
    const bases = file.getFROMs().map((from) => String(from.getImage()));
    for (const base of bases) expect(base).toMatch(/^\$\{(NODE|CUDA)_IMAGE\}$/);
    for (const argument of file.getInitialARGs()) expect(argument.getRawArgumentsContent()).toMatch(/^\w+$/);
    expect(text).toContain('*@sha256:*) ;; *) echo');
    expect(stages).toEqual(['manifests', 'page', 'dependencies', null]);
  });

  it('runs as a user without rights, stops on SIGTERM, and is asked by gRPC whether it serves', () => {
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

  it('installs what the lock file pins, and runs no install script of a package by chance', () => {
    expect(text).toContain('npm ci --omit=dev --omit=optional --ignore-scripts');
    expect(text.includes('script/install.js')).toBe(kind === 'cuda');
  });

  it('has the page of the dashboard, built from what it is built from elsewhere', () => {
    expect(text).toContain("import { buildPage } from './deploy/bootstrap/page.mjs'");
    expect(text).toContain('COPY --from=page /app/apps/dashboard/dist ./apps/dashboard/dist');
  });

  it('builds that page from what its stage copies, and nothing else', () => {
    const place = mkdtempSync(join(tmpdir(), 'sipf-page-'));
    const stage = file.getInstructions().filter((line) => isInStage(file, line, 'page'));
    try {
      for (const name of ['node_modules', 'package.json', 'package-lock.json'])
        symlinkSync(join(root, name), join(place, name));
      for (const copy of file.getCOPYs().filter((line) => isInStage(file, line, 'page'))) {
        if (copy.getFlags().length > 0) continue;
        const [source = '', target = ''] = copy.getArguments().map((argument) => argument.getValue());
        const into = join(place, target === './' ? basename(source) : target);
        cpSync(join(root, source), into, { recursive: true, filter: (path) => !path.includes('/dist') });
      }
      const [command = '[]'] = stage
        .map((line) => line.getRawArgumentsContent() ?? '')
        .filter((words) => words.includes('buildPage'));
      const [, ...words] = JSON.parse(command) as string[];
      const { status, stderr } = spawnSync(process.execPath, words, { cwd: place, encoding: 'utf8' });
      expect({ status, stderr }).toMatchObject({ status: 0 });
      expect(readdirSync(join(place, 'apps/dashboard/dist'))).toContain('index.html');
    } finally {
      rmSync(place, { recursive: true });
    }
  });

  it('carries the list of what it is made of, and the licences', () => {
    expect(text).toContain('RUN node deploy/supply-chain/main.ts sbom --image > sbom.cdx.json');
    expect(text).toContain('COPY --from=dependencies /app/sbom.cdx.json ./');
    expect(text).toMatch(/^COPY .* THIRD-PARTY\.md \.\/$/mu);
  });
});

describe('the look at what the CUDA provider links', () => {
  let place = '';
  beforeEach(() => {
    place = mkdtempSync(join(tmpdir(), 'sipf-linking-'));
  });
  afterEach(() => {
    rmSync(place, { recursive: true });
  });

  /** @param ldd what ldd says of the provider */
  function check(ldd: string, ...libraries: string[]) {
    for (const name of libraries) writeFileSync(join(place, name), '');
    writeFileSync(join(place, 'ldd'), `#!/bin/sh\ncat <<'END'\n${ldd}\nEND\n`);
    chmodSync(join(place, 'ldd'), 0o755);
    const env = { PATH: `${place}:${String(process.env['PATH'])}` };
    return spawnSync('sh', [join(folder, 'check-linking.sh'), place], { encoding: 'utf8', env });
  }
  const provider = ['libonnxruntime_providers_shared.so', 'libonnxruntime_providers_cuda.so'];
  const driver = '\tlibcuda.so.1 => not found';

  it('takes one whose libraries are there, all but the driver', () => {
    expect(check(`\tlibcublas.so.13 => /usr/lib/libcublas.so.13\n${driver}`, ...provider).status).toBe(0);
  });

  it('refuses one that links another CUDA, and names the libraries', () => {
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
