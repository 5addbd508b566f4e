import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { acceptedSchema, judgeAudit, type Accepted } from './audit.ts';
import { isAllowed, licenceOf, refusedLicences, renderLicences } from './licences.ts';
import { lockedPackages, type LockedPackage } from './packages.ts';
import { purlOf, restrictSbom, type Sbom } from './sbom.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const packages = lockedPackages(`${root}/package-lock.json`);
const one = { name: 'x', version: '1.0.0', license: 'MIT', shipped: true, optional: false };

it('neither ships nor uses packages whose licence is not on the list', () => {
  expect(packages.length).toBeGreaterThan(300);
  expect(refusedLicences(packages)).toEqual([]);
});

it('THIRD-PARTY.md agrees with the lock file', () => {
  // To bring it up to date: node deploy/supply-chain/main.ts licences
  expect(readFileSync(`${root}/THIRD-PARTY.md`, 'utf8')).toBe(renderLicences(packages));
});

it.each(['MIT', '(MIT OR GPL-3.0-only)', '(Apache-2.0 AND BSD-3-Clause)'])('allows %s', (license) => {
  expect(refusedLicences([{ ...one, license }])).toEqual([]);
});

it.each([
  'GPL-3.0-only',
  '(MIT AND GPL-3.0-only)',
  undefined,
  'SEE LICENSE IN LICENSE',
  '((MIT OR X) AND Y)',
  'CC-BY-4.0',
])('refuses to ship %s', (license) => {
  expect(refusedLicences([{ ...one, license }])).toEqual([`x@1.0.0: ${license ?? 'UNKNOWN'}`]);
});

it('allows tools a licence for documents', () => {
  expect(refusedLicences([{ ...one, license: 'CC-BY-4.0', shipped: false }])).toEqual([]);
  expect(isAllowed('CC-BY-4.0', new Set())).toBe(false);
});

it('knows the licences that the lock file lacks', () => {
  for (const { name, version, license } of packages.filter((locked) => locked.license === undefined))
    expect(licenceOf({ ...one, name, version, license })).not.toBe('UNKNOWN');
});

const thirdParty = ({ components }: Sbom) =>
  components.map(({ purl }) => purl).filter((purl) => !purl.startsWith('pkg:npm/%40sipf/'));
const purlsOf = (wanted: readonly LockedPackage[]) =>
  wanted.map(({ name, version }) => purlOf(name, version));

it('describes exactly the shipped packages as CycloneDX', { timeout: 240_000 }, () => {
  const args = [`${root}/deploy/supply-chain/main.ts`, 'sbom'];
  const { status, stdout } = spawnSync(process.execPath, args, { encoding: 'utf8', maxBuffer: 2 ** 26 });
  expect(status).toBe(0);
  const sbom = JSON.parse(stdout) as Sbom;
  expect(sbom.bomFormat).toBe('CycloneDX');
  const shipped = packages.filter((locked) => locked.shipped);
  expect(thirdParty(sbom).sort()).toEqual(purlsOf(shipped).sort());
  // The same as `--image` prints.
  const inImages = shipped.filter((locked) => !locked.optional);
  const image = restrictSbom(sbom, inImages);
  expect(thirdParty(image).sort()).toEqual(purlsOf(inImages).sort());
  const refs = new Set(image.dependencies.map(({ ref }) => ref));
  for (const { dependsOn } of image.dependencies) for (const ref of dependsOn) expect(refs).toContain(ref);
});

const via = {
  name: 'left',
  title: 'Pads wrongly',
  url: 'https://example.org/GHSA-aaaa-bbbb-cccc',
  severity: 'high',
};
const report = JSON.stringify({
  auditReportVersion: 2,
  vulnerabilities: { left: { via: [via] }, up: { via: ['left'] } },
});
const accepted: Accepted = [
  {
    advisory: 'GHSA-aaaa-bbbb-cccc',
    package: 'left',
    reason: 'only used on our own fixtures',
    expires: '2027-01-31',
  },
];

it('reports an unexplained advisory once', () => {
  const findings = ['left: Pads wrongly (high, GHSA-aaaa-bbbb-cccc)'];
  expect(judgeAudit(report, [], '2027-01-01')).toEqual({ outcome: 'findings', findings });
});

it('accepts an explanation until it expires, for its package alone', () => {
  expect(judgeAudit(report, accepted, '2027-01-31')).toMatchObject({ outcome: 'clean' });
  expect(judgeAudit(report, accepted, '2027-02-01')).toMatchObject({ outcome: 'findings' });
  const other = accepted.map((entry) => ({ ...entry, package: 'right' }));
  expect(judgeAudit(report, other, '2027-01-01')).toMatchObject({ outcome: 'findings' });
});

it('does not report clean when the registry does not answer', () => {
  const refusal = JSON.stringify({ message: '405 Method Not Allowed - POST somewhere', error: {} });
  expect(judgeAudit(refusal, [], '2027-01-01')).toEqual({
    outcome: 'not-audited',
    why: '405 Method Not Allowed',
  });
  expect(judgeAudit('', [], '2027-01-01')).toMatchObject({ outcome: 'not-audited' });
});

it('has only exceptions with a reason and an end', () => {
  const file = new URL('accepted-advisories.json', import.meta.url);
  expect(() => acceptedSchema.parse(JSON.parse(readFileSync(file, 'utf8')))).not.toThrow();
});
