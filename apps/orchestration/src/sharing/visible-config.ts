import type { RunConfig } from '@sipf/contracts';
import { settingsOf, type Stage } from '@sipf/planning';

/** What every stage may read: its seed is in its identity, limits change no result. */
const ALWAYS: ReadonlySet<string> = new Set(['seed', 'limits']);

/**
 * The configuration as a stage sees it: only the sections that its identity covers, so that a result can never depend
 * on what its name does not say. The stages that are never shared see everything.
 * @returns a view that throws RangeError when another section is read
 */
export function visibleConfig(config: RunConfig, stage: Stage): RunConfig {
  if (stage.kind === 'data' || stage.kind === 'report') return config;
  const visible = new Set<string>([...ALWAYS, ...settingsOf(stage)]);
  return new Proxy(config, {
    get: (target, name) => {
      if (typeof name === 'string' && Object.hasOwn(target, name) && !visible.has(name)) {
        throw new RangeError(`stage ${stage.id} reads ${name}, which its identity does not cover`);
      }
      return Reflect.get(target, name) as unknown;
    },
  });
}
