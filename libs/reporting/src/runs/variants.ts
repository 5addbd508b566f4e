import type { RunConfig } from '@sipf/contracts';
import type { ReportedRun } from './reported-run.ts';

/**
 * How runs of one method differ beside their seeds, by the run's id: `alignment.lambda 0.01`, or nothing where
 * all settings of the method's runs are equal.
 */
export function variantsOf(runs: readonly Pick<ReportedRun, 'id' | 'config'>[]): ReadonlyMap<string, string> {
  const labels = [...Map.groupBy(runs, ({ config }) => config.method).values()].flatMap((group) => {
    const settings = group.map(({ config }) => flatSettings(config));
    const keys = [...new Set(settings.flatMap((one) => [...one.keys()]))];
    const differing = keys.filter((key) => new Set(settings.map((one) => one.get(key))).size > 1);
    return group.map(({ id }, index) => {
      const label = differing.map((key) => `${key} ${settings[index]?.get(key) ?? 'none'}`).join(', ');
      return [id, label] as const;
    });
  });
  return new Map(labels);
}

/** Settings by dotted key, but for the seed and the method. */
export function flatSettings(config: RunConfig): Map<string, string> {
  const named = Object.entries(config).filter(([key]) => key !== 'seed' && key !== 'method');
  return new Map(named.flatMap(([key, value]) => flatten(key, value)));
}

function flatten(key: string, value: unknown): [string, string][] {
  if (value === undefined) return [];
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return [[key, typeof value === 'string' ? value : JSON.stringify(value)]];
  }
  return Object.entries(value).flatMap(([name, inner]) => flatten(`${key}.${name}`, inner));
}
