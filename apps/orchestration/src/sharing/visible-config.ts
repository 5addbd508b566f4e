import type { RunConfig } from '@sipf/contracts';
import { settingsOf, type Stage } from '@sipf/runs';

/** What every stage may read: its seed is in its identity, limits change no result. */
const ALWAYS: ReadonlySet<string> = new Set(['seed', 'limits']);

/**
 * The configuration as a stage sees it: only the settings that its identity covers, so that a result can never depend
 * on what its name does not say. The stages that are never shared see everything.
 * @returns a view that throws RangeError when another setting is read
 */
export function visibleConfig(config: RunConfig, stage: Stage): RunConfig {
  if (stage.kind === 'data' || stage.kind === 'report') return config;
  const names = settingsOf(stage);
  const dotted = Map.groupBy(
    names.flatMap((name) => (name.includes('.') ? [name.split('.') as [string, string]] : [])),
    ([section]) => section,
  );
  const sections = Object.fromEntries(
    [...dotted].flatMap(([section, settings]) => {
      const whole = config[section as keyof RunConfig];
      if (typeof whole !== 'object') return [];
      return [[section, guard(whole, new Set(settings.map(([, setting]) => setting)), stage)]];
    }),
  );
  return guard({ ...config, ...sections }, new Set([...ALWAYS, ...names, ...dotted.keys()]), stage);
}

function guard<T extends object>(value: T, visible: ReadonlySet<string>, stage: Stage): T {
  return new Proxy(value, {
    get: (target, name) => {
      if (typeof name === 'string' && Object.hasOwn(target, name) && !visible.has(name)) {
        throw new RangeError(`stage ${stage.id} reads ${name}, which its identity does not cover`);
      }
      return Reflect.get(target, name) as unknown;
    },
  });
}
