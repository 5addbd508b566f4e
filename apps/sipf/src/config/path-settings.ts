import type { RunConfig } from '@sipf/contracts';
import { stat } from 'node:fs/promises';
import { isAbsolute, resolve } from 'node:path';
import type { FieldViolation } from '@sipf/errors';

/** The settings that are paths, and what they lead to. */
const PATH_SETTINGS = [
  { key: 'task.data', leadsTo: 'file' },
  { key: 'task.train', leadsTo: 'file' },
  { key: 'task.test', leadsTo: 'file' },
  { key: 'task.exemplars', leadsTo: 'file' },
  { key: 'policy.model', leadsTo: 'folder' },
  { key: 'simulator.model', leadsTo: 'folder' },
] as const;

/** `simulator.model: policy` is a word, not a path. */
const WORDS: readonly unknown[] = ['policy'];

/** The configuration with every relative path made absolute. @param folderOf the folder a setting is relative to */
export function resolvePaths(config: RunConfig, folderOf: (key: string) => string): RunConfig {
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
    const info = await stat(path).catch(() => undefined);
    const isRight = leadsTo === 'file' ? info?.isFile() : info?.isDirectory();
    if (isRight === true) continue;
    const description = info === undefined ? `there is no ${leadsTo} ${path}` : `${path} is not a ${leadsTo}`;
    violations.push({ field: key, description });
  }
  return violations;
}

interface PathSetting {
  readonly key: string;
  readonly leadsTo: 'file' | 'folder';
  readonly path: string;
  /** The object or list that holds it, under `name`. */
  readonly section: Record<string, unknown>;
  readonly name: string;
}

function pathsIn(config: RunConfig): PathSetting[] {
  const single = PATH_SETTINGS.flatMap(({ key, leadsTo }) => {
    const [sectionName = '', name = ''] = key.split('.');
    const section = (config as unknown as Record<string, Record<string, unknown> | undefined>)[sectionName];
    return section === undefined ? [] : pathAt({ key, leadsTo, section, name });
  });
  return [...single, ...pathsOfDataSets(config)];
}

function pathAt(place: Omit<PathSetting, 'path'>): PathSetting[] {
  const path = place.section[place.name];
  if (typeof path !== 'string' || (place.name === 'model' && WORDS.includes(path))) return [];
  return [{ ...place, path }];
}

/** Data sets out of domain are a file or a list of files. */
function pathsOfDataSets({ evaluation }: RunConfig): PathSetting[] {
  return evaluation.outOfDomain.flatMap((set, index) => {
    const section = set as unknown as Record<string, unknown>;
    const key = `evaluation.outOfDomain.${index}.data`;
    const list = section['data'];
    if (!Array.isArray(list)) return pathAt({ key, leadsTo: 'file', section, name: 'data' });
    return list.flatMap((_, place) =>
      pathAt({
        key: `${key}.${place}`,
        leadsTo: 'file',
        section: list as unknown as Record<string, unknown>,
        name: String(place),
      }),
    );
  });
}
