import type { RunConfig } from '@sipf/contracts';
import type { FieldViolation } from '@sipf/errors';
import { stat } from 'node:fs/promises';
import { isAbsolute, resolve } from 'node:path';

/** The settings that are paths, and what they lead to. */
const PATH_SETTINGS = [
  { key: 'task.data', leadsTo: 'file' },
  { key: 'task.train', leadsTo: 'file' },
  { key: 'task.test', leadsTo: 'file' },
  { key: 'task.exemplars', leadsTo: 'file' },
  { key: 'policy.model', leadsTo: 'folder' },
  { key: 'simulator.model', leadsTo: 'folder' },
  { key: 'verifier.base.model', leadsTo: 'folder' },
  { key: 'engines.policy.keyFile', leadsTo: 'file' },
  { key: 'engines.simulator.keyFile', leadsTo: 'file' },
  { key: 'engines.verifier.keyFile', leadsTo: 'file' },
  { key: 'engines.policy.hook', leadsTo: 'file' },
  { key: 'engines.simulator.hook', leadsTo: 'file' },
  { key: 'engines.verifier.hook', leadsTo: 'file' },
] as const;

/** `simulator.model: policy` is a word, not a path. */
const WORDS: readonly unknown[] = ['policy'];

/**
 * The configuration, or a part of one, with every relative path made absolute.
 * @param folderOf the folder a setting is relative to
 */
export function resolvePaths<Settings extends object>(
  config: Settings,
  folderOf: (key: string) => string,
): Settings {
  const resolved = structuredClone(config);
  for (const { key, path, section, name } of pathsIn(resolved)) {
    if (!isAbsolute(path)) section[name] = resolve(folderOf(key), path);
  }
  return resolved;
}

/** The paths of a configuration that lead nowhere. */
export async function missingPaths(config: RunConfig): Promise<FieldViolation[]> {
  const violations: FieldViolation[] = [];
  for (const { key, path, leadsTo } of pathsIn(config)) {
    const description = await whyMissing(path, leadsTo);
    if (description !== undefined) violations.push({ field: key, description });
  }
  return violations;
}

/** Why a path leads to no such thing; a pipe is no file, as reading it would wait. Undefined where it does. */
export async function whyMissing(path: string, leadsTo: 'file' | 'folder'): Promise<string | undefined> {
  const info = await stat(path).catch(() => undefined);
  if (info === undefined) return `there is no ${leadsTo} ${path}`;
  const isRight = leadsTo === 'file' ? info.isFile() : info.isDirectory();
  return isRight ? undefined : `${path} is not a ${leadsTo}`;
}

interface PathSetting {
  readonly key: string;
  readonly leadsTo: 'file' | 'folder';
  readonly path: string;
  /** The object or list that holds it, under `name`. */
  readonly section: Record<string, unknown>;
  readonly name: string;
}

/** What is not a section, in settings that nobody has checked yet, has no paths. */
function pathsIn(config: object): PathSetting[] {
  const settings: Readonly<Record<string, unknown>> = { ...config };
  const single = PATH_SETTINGS.flatMap(({ key, leadsTo }) => {
    const sections = key.split('.');
    const name = sections.pop() ?? '';
    const section = sections.reduce<unknown>(
      (outer, inner) => (isSection(outer) ? outer[inner] : undefined),
      settings,
    );
    return isSection(section) ? pathAt({ key, leadsTo, section, name }) : [];
  });
  return [
    ...single,
    ...pathsOfBases(settings['comparedVerifiers']),
    ...pathsOfDataSets(settings['evaluation']),
  ];
}

/** Models under compared verifiers. */
function pathsOfBases(verifiers: unknown): PathSetting[] {
  if (!Array.isArray(verifiers)) return [];
  return verifiers.flatMap((verifier: unknown, index) => {
    const section: unknown = isSection(verifier) ? verifier['base'] : undefined;
    const key = `comparedVerifiers.${index}.base.model`;
    return isSection(section) ? pathAt({ key, leadsTo: 'folder', section, name: 'model' }) : [];
  });
}

/** Whether a value has settings by name. */
export function isSection(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function pathAt(setting: Omit<PathSetting, 'path'>): PathSetting[] {
  const path = setting.section[setting.name];
  if (typeof path !== 'string' || (setting.name === 'model' && WORDS.includes(path))) return [];
  return [{ ...setting, path }];
}

/** Data sets out of domain are a file or a list of files. */
function pathsOfDataSets(evaluation: unknown): PathSetting[] {
  const sets: unknown = isSection(evaluation) ? evaluation['outOfDomain'] : undefined;
  if (!Array.isArray(sets)) return [];
  return sets.flatMap((section: unknown, index) => {
    if (!isSection(section)) return [];
    const key = `evaluation.outOfDomain.${index}.data`;
    const list = section['data'];
    if (!Array.isArray(list)) return pathAt({ key, leadsTo: 'file', section, name: 'data' });
    return list.flatMap((_, file) =>
      pathAt({
        key: `${key}.${file}`,
        leadsTo: 'file',
        section: list as unknown as Record<string, unknown>,
        name: String(file),
      }),
    );
  });
}
