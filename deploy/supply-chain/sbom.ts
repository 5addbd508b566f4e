import type { LockedPackage } from './packages.ts';

/** The part of a CycloneDX document that is read here. */
export interface Sbom {
  readonly bomFormat: string;
  readonly components: readonly { readonly 'bom-ref': string; readonly purl: string }[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[];
}

/**
 * Filters a document of `npm sbom` to our own packages and the given ones. npm's `--omit dev` would also leave out shipped
 * packages that are some other package's development dependency.
 */
export function restrictSbom<Document extends Sbom>(
  document: Document,
  packages: readonly LockedPackage[],
): Document {
  const purls = new Set(packages.map(({ name, version }) => purlOf(name, version)));
  const components = document.components.filter(
    ({ purl }) => purl.startsWith(purlOf('@sipf/', '').slice(0, -1)) || purls.has(purl),
  );
  const root = document.dependencies.map(({ ref }) => ref).filter((ref) => ref.startsWith('sipf@'));
  const kept = new Set([...root, ...components.map((component) => component['bom-ref'])]);
  const dependencies = document.dependencies
    .filter(({ ref }) => kept.has(ref))
    .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter((other) => kept.has(other)) }));
  return { ...document, components, dependencies };
}

/** The package's address, as CycloneDX names it. */
export function purlOf(name: string, version: string): string {
  return `pkg:npm/${name.replace('@', '%40')}@${version}`;
}
