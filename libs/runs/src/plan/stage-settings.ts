import type { RunConfig } from '@sipf/contracts';
import { SipfError } from '@sipf/errors';
import { configOf } from './compared-verifiers.ts';
import type { SettingName, Training } from './kinds/stage-kind.ts';
import { rowOf, STAGE_KINDS, type RowOf, type StageKind, type TrainingKind } from './stage-kinds.ts';
import type { Stage, StageOf } from './stage.ts';

/** A type of which a setting, dotted, is there. */
type Having<T, Name> = Name extends `${infer Section}.${infer Setting}`
  ? T & { readonly [S in Section & keyof T]: Having<NonNullable<T[S]>, Setting> }
  : T & { readonly [S in Name & keyof T]: NonNullable<T[S]> };
type HavingAll<T, Names extends readonly unknown[]> = Names extends readonly [infer First, ...infer Rest]
  ? HavingAll<Having<T, First>, Rest>
  : T;

type NamesOf<K extends StageKind> = RowOf<K>['settings'] extends (stage: never) => readonly (infer N)[]
  ? N
  : RowOf<K>['settings'] extends readonly (infer N)[]
    ? N
    : never;
type SectionOf<Name> = Name extends `${infer Section}.${string}` ? Section : Name;

/** The settings that a stage of a kind reads: what its identity covers, and the needed ones there. */
export type SettingsOf<K extends StageKind> = K extends StageKind
  ? RowOf<K> extends { readonly version: number }
    ? Pick<HavingAll<RunConfig, RowOf<K>['needed']>, SectionOf<NamesOf<K>> & keyof RunConfig>
    : RunConfig
  : never;

/** The settings that a stage may read; the run's seed, its task's name and its limits are everybody's. */
export function settingNamesOf(stage: Stage): readonly SettingName[] {
  const { settings } = rowOf(stage.kind);
  return typeof settings === 'function' ? settings(stage as never) : settings;
}

/**
 * The settings of a run that a stage reads, and nothing that its identity does not cover: reading more is a RangeError,
 * so that a result can never depend on what its name does not say. A kind that no other run takes sees all of them.
 * @throws SipfError `invalid-argument` SETTING_MISSING for a needed setting that the run does not have
 */
export function stageSettings<K extends StageKind>(stage: StageOf<K>, config: RunConfig): SettingsOf<K>;
export function stageSettings(stage: Stage, whole: RunConfig): object {
  const config = configOf(stage, whole);
  for (const name of rowOf(stage.kind).needed) requireSetting(config, name, stage);
  if (rowOf(stage.kind).version === undefined) return config;
  const bySection = Map.groupBy(settingNamesOf(stage), (name) => name.split('.')[0] ?? name);
  const parts = [...bySection].map(([section, names]) => {
    const value: unknown = config[section as keyof RunConfig];
    if (names.includes(section as SettingName) || !isObject(value)) return [section, value];
    return [section, guard(value, new Set(names.map((name) => name.slice(section.length + 1))), stage)];
  });
  return guard({ ...config, ...(Object.fromEntries(parts) as object) }, new Set(bySection.keys()), stage);
}

/** How a stage trains its model. @param settings what it reads, as {@link stageSettings} gives it */
export function trainingOf<K extends TrainingKind>(stage: StageOf<K>, settings: SettingsOf<K>): Training {
  return STAGE_KINDS[stage.kind].trains.by(stage as never, settings as never);
}

/** The named settings that the run has, by their dotted names. */
export function pickSettings(config: RunConfig, names: readonly string[]): Record<string, unknown> {
  const values = names.map((name) => [name, valueOf(config, name)] as const);
  return Object.fromEntries(values.filter(([, value]) => value !== undefined));
}

function valueOf(config: RunConfig, name: string): unknown {
  return name
    .split('.')
    .reduce<unknown>((value, key) => (isObject(value) ? Reflect.get(value, key) : undefined), config);
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function requireSetting(config: RunConfig, field: string, { id }: Stage): void {
  if (valueOf(config, field) !== undefined) return;
  const description = `is required for stage ${id}: set it in the run's configuration`;
  throw new SipfError('invalid-argument', `${field} ${description}`, {
    reason: 'SETTING_MISSING',
    violations: [{ field, description }],
  });
}

function guard(value: object, visible: ReadonlySet<string>, { id }: Stage): object {
  return new Proxy(value, {
    get: (target, name) => {
      if (typeof name === 'string' && Object.hasOwn(target, name) && !visible.has(name)) {
        throw new RangeError(`stage ${id} reads ${name}, which its identity does not cover`);
      }
      return Reflect.get(target, name) as unknown;
    },
  });
}
