import { isTestedVersion, testedReleases } from '@sipf/contracts';

/** What to warn of; undefined for a version of vLLM that our suites ran against (test/engines). */
export function versionWarning(version: string | undefined): string | undefined {
  if (version !== undefined && isTestedVersion('vllm', version)) return undefined;
  const known = testedReleases('vllm') ?? '';
  if (version === undefined) return `the backend does not say its version; tested are ${known} of vLLM`;
  return `vLLM ${version} is not one that this program was tested with (${known})`;
}
