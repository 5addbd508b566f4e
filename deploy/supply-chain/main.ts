// The packages of an installation, their licences and advisories: `node deploy/supply-chain/main.ts sbom|licences|audit`.
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { acceptedSchema, judgeAudit } from './audit.ts';
import { refusedLicences, renderLicences } from './licences.ts';
import { lockedPackages } from './packages.ts';
import { restrictSbom, type Sbom } from './sbom.ts';

const HELP = `usage: node deploy/supply-chain/main.ts COMMAND
  sbom      prints the shipped packages as CycloneDX; --image: without optional packages, like the images
  licences  writes THIRD-PARTY.md; fails where a licence is not on the list
  audit     asks the registry for known vulnerabilities; fails on one that accepted-advisories.json does not explain
`;
const root = fileURLToPath(new URL('../..', import.meta.url));
const lockFile = `${root}/package-lock.json`;
const commands: Readonly<Record<string, () => number>> = { sbom, licences, audit };

function sbom(): number {
  const flags = ['--sbom-format', 'cyclonedx', '--sbom-type', 'application', '--package-lock-only'];
  const { stdout, stderr, status } = npm(['sbom', ...flags]);
  if (status !== 0) {
    process.stderr.write(stderr);
    return status ?? 70;
  }
  const isImage = process.argv.includes('--image');
  const shipped = lockedPackages(lockFile).filter((one) => one.shipped && !(isImage && one.optional));
  const document = restrictSbom(JSON.parse(stdout) as Sbom, shipped);
  process.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
  return 0;
}

function licences(): number {
  const packages = lockedPackages(lockFile);
  const refused = refusedLicences(packages);
  for (const line of refused) process.stderr.write(`not on the list of licences: ${line}\n`);
  if (refused.length > 0) return 1;
  writeFileSync(`${root}/THIRD-PARTY.md`, renderLicences(packages));
  return 0;
}

function audit(): number {
  const file = new URL('accepted-advisories.json', import.meta.url);
  const accepted = acceptedSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  const { stdout } = npm(['audit', '--json', '--package-lock-only']);
  const result = judgeAudit(stdout, accepted, new Date().toISOString().slice(0, 10));
  if (result.outcome === 'not-audited') {
    process.stdout.write(`not audited: ${result.why}\n`);
    return 0;
  }
  const lines = result.outcome === 'clean' ? result.accepted : result.findings;
  for (const line of lines)
    process.stdout.write(`${result.outcome === 'clean' ? 'accepted' : 'FOUND'}: ${line}\n`);
  process.stdout.write(`audited: ${result.outcome}\n`);
  return result.outcome === 'clean' ? 0 : 1;
}

function npm(args: readonly string[]) {
  return spawnSync('npm', args, { cwd: root, encoding: 'utf8', maxBuffer: 64 * 2 ** 20, timeout: 120_000 });
}

const command = commands[process.argv[2] ?? ''];
if (command === undefined) process.stderr.write(HELP);
process.exitCode = command === undefined ? 64 : command();
