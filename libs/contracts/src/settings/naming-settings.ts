/** A name of several words, as settings are called within a service, with the part of a setting that it is in. */
const SETTING = /\b(?:[a-z]+\.)?([a-z]+(?:[A-Z][a-z]*)+)\b/g;

/**
 * A service's words about settings, in those of whoever gave them: `--warmup-ratio`, `sft.warmupRatio`.
 * @param nameOf what a setting is called there; undefined for what is none
 */
export function namingSettings(text: string, nameOf: (setting: string) => string | undefined): string {
  return text.replaceAll(SETTING, (written, name: string) => nameOf(name) ?? written);
}
