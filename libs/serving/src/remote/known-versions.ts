/** The versions of vLLM that our suites ran against (test/engines). */
const KNOWN_VERSIONS = ['0.32.0'];

/** What to warn of; undefined for a version that is known. */
export function versionWarning(version: string | undefined): string | undefined {
  if (version !== undefined && KNOWN_VERSIONS.includes(version)) return undefined;
  const known = KNOWN_VERSIONS.join(', ');
  if (version === undefined) return `the backend does not say its version; tested are ${known} of vLLM`;
  return `vLLM ${version} is not one that this program was tested with (${known})`;
}
