import { isSection, resolvePaths } from '@sipf/runs/preflight';

/**
 * An `experiment` section with the relative paths in it made absolute: its settings reach a run as `--set` does, where relative
 * paths start elsewhere. What has not the shape of a section stays as it is, for the schema to name.
 * @param folder that paths start at
 */
export function experimentPaths(section: unknown, folder: string): unknown {
  if (!isSection(section)) return section;
  const { vary, alternatives, settings } = section;
  const resolve = (key: string, value: unknown): unknown => resolveSetting(key, value, folder);
  const resolveAll = (some: unknown): unknown => mapValues(some, resolve);
  const resolveEach = (key: string, values: unknown): unknown =>
    Array.isArray(values) ? values.map((value) => resolve(key, value)) : values;
  return {
    ...section,
    ...(vary !== undefined && { vary: mapValues(vary, resolveEach) }),
    ...(Array.isArray(alternatives) && { alternatives: alternatives.map(resolveAll) }),
    ...(settings !== undefined && { settings: mapValues(settings, (_, own) => resolveAll(own)) }),
  };
}

function mapValues(section: unknown, map: (key: string, value: unknown) => unknown): unknown {
  if (!isSection(section)) return section;
  return Object.fromEntries(Object.entries(section).map(([key, value]) => [key, map(key, value)]));
}

/** The value of a dotted setting, which may be a whole section. */
function resolveSetting(key: string, value: unknown, folder: string): unknown {
  const names = key.split('.');
  const nested = names.reduceRight<unknown>((inner, name) => ({ [name]: inner }), value);
  const resolved: unknown = resolvePaths(nested as object, () => folder);
  return names.reduce<unknown>((section, name) => (section as Record<string, unknown>)[name], resolved);
}
