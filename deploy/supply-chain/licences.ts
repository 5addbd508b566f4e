import type { LockedPackage } from './packages.ts';

/** Licences under which a package may be part of what is shipped: they ask for a notice, MPL-2.0 for its own files' sources. */
const shippable = new Set([
  ...['0BSD', 'Apache-2.0', 'BlueOak-1.0.0', 'BSD-2-Clause', 'BSD-3-Clause', 'CC0-1.0', 'ISC', 'MIT'],
  ...['MPL-2.0', 'Unlicense'],
]);
/** Beside those, what tools that stay in the repository may have: a licence of documents and data, and of a port from Python. */
const usable = new Set([...shippable, 'CC-BY-4.0', 'Python-2.0']);

/** Licences that the lock file does not name, as they stand in the packages themselves. */
const readInPackage: Readonly<Record<string, string>> = {
  'busboy@1.6.0': 'MIT',
  'humanize-number@0.0.2': 'MIT',
  'streamsearch@1.1.0': 'MIT',
};

/** A package's licence as an SPDX expression. */
export function licenceOf({ name, version, license }: LockedPackage): string {
  return license ?? readInPackage[`${name}@${version}`] ?? 'UNKNOWN';
}

/** Whether an SPDX expression without nesting can be met by licences of a set. */
export function isAllowed(expression: string, allowed: ReadonlySet<string>): boolean {
  const plain = expression.replace(/^\((.*)\)$/u, '$1');
  return plain
    .split(' OR ')
    .some((choice) => choice.split(' AND ').every((licence) => allowed.has(licence.trim())));
}

/** A line for every package whose licence is not on the list for what it is used for. */
export function refusedLicences(packages: readonly LockedPackage[]): readonly string[] {
  return packages
    .filter((locked) => !isAllowed(licenceOf(locked), locked.shipped ? shippable : usable))
    .map((locked) => `${locked.name}@${locked.version}: ${licenceOf(locked)}`);
}

/** The list of what is shipped, as Markdown, one section a licence. */
export function renderLicences(packages: readonly LockedPackage[]): string {
  const shipped = packages.filter((locked) => locked.shipped);
  const byLicence = Map.groupBy(shipped, licenceOf);
  const sections = [...byLicence.keys()].sort().map((licence) => {
    const names = (byLicence.get(licence) ?? []).map(({ name, version }) => `- ${name} ${version}`);
    return `## ${licence}\n\n${names.join('\n')}\n`;
  });
  return [
    '# Third-party packages\n',
    'What an installation without development packages has of other people, on any system, by licence. The texts lie in the packages.',
    'Made by `node deploy/supply-chain/main.ts licences` from `package-lock.json`; not to be edited.\n',
    sections.join('\n'),
  ].join('\n');
}
