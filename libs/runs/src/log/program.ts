import { digestBytes } from '@sipf/artifacts';
import { runSettingsJson } from '@sipf/contracts';
import { z } from 'zod';

/** The code behind an entry of a log. */
export const program = z
  .object({
    /** Of the orchestrator. */
    version: z.string(),
    /** Of the sources, with `+` where files differ from it; absent in images. */
    commit: z.string().optional(),
    /** Digest of what a run's configuration may hold; empty where it is not known. */
    settings: z.string(),
  })
  .readonly();
export type Program = z.infer<typeof program>;

/** This program. */
export function programOf(version: string, commit: string | undefined): Program {
  const settings = digestBytes(new TextEncoder().encode(runSettingsJson())).slice(0, 'sha256:'.length + 16);
  return { version, ...(commit === undefined ? {} : { commit }), settings };
}

/** E.g. `0.1.0 (5e1f2a…)`. */
export function nameOfProgram({ version, commit }: Program): string {
  return commit === undefined
    ? `sipf ${version}`
    : `sipf ${version} (${commit.slice(0, 12)}${commit.endsWith('+') ? '+' : ''})`;
}

/** The difference of two programs, in words; undefined where they are the same code, as far as both say. */
export function differenceOf(before: Program, now: Program): string | undefined {
  const parts = [
    differs(before.version, now.version) ? [`version ${now.version} instead of ${before.version}`] : [],
    differs(before.commit, now.commit)
      ? [`commit ${now.commit ?? ''} instead of ${before.commit ?? ''}`]
      : [],
    differs(before.settings, now.settings) ? ['other settings in its configuration'] : [],
  ].flat();
  return parts.length === 0 ? undefined : parts.join(', ');
}

function differs(before = '', now = ''): boolean {
  return before !== '' && now !== '' && before !== now;
}
