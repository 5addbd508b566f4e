import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { runParity } from './run-parity.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const SHARED = resolve(ROOT, '../shared/reference/models');
const OWN = resolve(ROOT, 'test/fixtures/parity');

/** PARITY_DIR; else the shared references; else, in a clone without them, the project's own small fixture. */
const fallback = existsSync(SHARED) ? SHARED : OWN;
const asked = process.env['PARITY_DIR'];
const dir = asked === undefined || asked === '' ? fallback : resolve(asked);

const report = await runParity(dir, { passUnsupported: dir === SHARED || dir === OWN });
process.stdout.write(`${JSON.stringify(report, undefined, 2)}\n`);
process.exitCode = report.ok ? 0 : 1;
