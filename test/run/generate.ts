// Regenerates libs/contracts/src/generated from proto/; with --check, fails where that would change anything.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from './step.ts';

const checkedIn = join(root, 'libs/contracts/src/generated');

function generateInto(folder: string): void {
  // buf runs the plugin by a path relative to the template, and writes to the template's `out` below `--output`.
  buf(['generate', '--template', template(folder)]);
  buf(['build', '-o', join(folder, 'descriptor-set.bin')]);
}

function template(folder: string): string {
  const settings = readFileSync(join(root, 'proto/buf.gen.yaml'), 'utf8');
  return settings.replace(/^(\s*out: ).*$/m, `$1${folder}`);
}

function buf(args: string[]): void {
  const { status } = spawnSync('buf', args, { cwd: join(root, 'proto'), stdio: 'inherit' });
  if (status !== 0) throw new Error(`buf ${args[0] ?? ''} failed`);
}

/** Every file below a folder with its content, by relative path. */
function contents(folder: string): Map<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  return new Map(
    files
      .map((entry) => join(entry.parentPath, entry.name))
      .map((path) => [path.slice(folder.length + 1), readFileSync(path, 'base64')]),
  );
}

function check(): void {
  const folder = mkdtempSync(join(tmpdir(), 'sipf-generated-'));
  try {
    generateInto(folder);
    const fresh = contents(folder);
    const old = contents(checkedIn);
    const stale = [...new Set([...fresh.keys(), ...old.keys()])].filter(
      (path) => fresh.get(path) !== old.get(path),
    );
    if (stale.length === 0) return;
    process.stderr.write(`stale generated code, run \`npm run generate\`:\n${stale.join('\n')}\n`);
    process.exitCode = 1;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

if (process.argv.includes('--check')) {
  check();
} else {
  rmSync(checkedIn, { recursive: true, force: true });
  generateInto(checkedIn);
}
