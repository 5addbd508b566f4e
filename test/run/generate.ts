// Regenerates libs/contracts/src/generated from proto/; with --check, fails where that would change anything.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
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

/** Names what differs from the code that is checked in. */
function check(fresh: string): void {
  const [made, old] = [contents(fresh), contents(checkedIn)];
  const stale = [...new Set([...made.keys(), ...old.keys()])].filter(
    (path) => made.get(path) !== old.get(path),
  );
  if (stale.length === 0) return;
  process.stderr.write(`stale generated code, run \`npm run generate\`:\n${stale.join('\n')}\n`);
  process.exitCode = 1;
}

// Made aside: where buf fails, what is checked in stays.
const fresh = mkdtempSync(join(tmpdir(), 'sipf-generated-'));
try {
  generateInto(fresh);
  if (process.argv.includes('--check')) {
    check(fresh);
  } else {
    rmSync(checkedIn, { recursive: true, force: true });
    cpSync(fresh, checkedIn, { recursive: true });
  }
} finally {
  rmSync(fresh, { recursive: true });
}
