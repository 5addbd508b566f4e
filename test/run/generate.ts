import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { root } from './step.ts';

/** What is generated, by its path in the repository: each makes it at the path that it gets. */
const GENERATED: Readonly<Record<string, (path: string) => void>> = {
  'libs/contracts/src/generated': generateContracts,
  'apps/sipf/configs/run.schema.json': generateSchema,
};

/** The TypeScript of the proto files, and their descriptors. */
function generateContracts(folder: string): void {
  // buf runs the plugin by a path relative to the template, and writes to the template's `out` below `--output`.
  buf(['generate', '--template', template(folder)]);
  buf(['build', '-o', join(folder, 'descriptor-set.bin')]);
}

function template(folder: string): string {
  const settings = readFileSync(join(root, 'proto/buf.gen.yaml'), 'utf8');
  return settings.replace(/^(\s*out: ).*$/m, `$1${folder}`);
}

function buf(args: string[]): void {
  execFileSync('buf', args, { cwd: join(root, 'proto'), stdio: 'inherit' });
}

/** What a configuration file may hold, for editors. */
function generateSchema(file: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(
    file,
    execFileSync(process.execPath, [join(root, 'apps/sipf/src/config/print-run-schema.ts')]),
  );
}

/** Every file at a path or below it with its content, by the path in the repository. */
function contents(base: string, path: string): Map<string, string> {
  const whole = join(base, path);
  if (!existsSync(whole)) return new Map();
  const below = statSync(whole).isFile() ? [''] : readdirSync(whole, { recursive: true, encoding: 'utf8' });
  const files = below.map((name) => join(path, name)).filter((name) => statSync(join(base, name)).isFile());
  return new Map(files.map((name) => [name, readFileSync(join(base, name), 'base64')]));
}

/** What differs from what is checked in. */
function stale(fresh: string, path: string): string[] {
  const [made, old] = [contents(fresh, path), contents(root, path)];
  return [...new Set([...made.keys(), ...old.keys()])].filter((name) => made.get(name) !== old.get(name));
}

function check(fresh: string): void {
  const names = Object.keys(GENERATED).flatMap((path) => stale(fresh, path));
  if (names.length === 0) return;
  process.stderr.write(`stale generated files, run \`npm run generate\`:\n${names.join('\n')}\n`);
  process.exitCode = 1;
}

function replace(fresh: string): void {
  for (const path of Object.keys(GENERATED)) {
    rmSync(join(root, path), { recursive: true, force: true });
    cpSync(join(fresh, path), join(root, path), { recursive: true });
  }
}

// Made aside: where something fails, what is checked in stays.
const fresh = mkdtempSync(join(tmpdir(), 'sipf-generated-'));
try {
  for (const [path, generate] of Object.entries(GENERATED)) generate(join(fresh, path));
  if (process.argv.includes('--check')) check(fresh);
  else replace(fresh);
} finally {
  rmSync(fresh, { recursive: true });
}
