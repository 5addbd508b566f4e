import type { ModulePattern } from '../adapters/choose-modules.ts';
import type { LoraConfig } from '../adapters/lora-config.ts';
import type { AdapterConfig } from './adapter-config-schema.ts';

/** The settings in adapter_config.json. @param savedModules of `modules_to_save`, see savedModules */
export function readLora(config: AdapterConfig, savedModules: readonly string[]): LoraConfig {
  const { exclude_modules: excluded, layers_to_transform: layers, layers_pattern: lists } = config;
  return {
    rank: config.r,
    alpha: config.lora_alpha,
    targetModules: config.target_modules,
    dropout: config.lora_dropout,
    ...(excluded == null ? {} : { excludeModules: excluded }),
    ...(layers == null
      ? {}
      : { layers: { indices: asList(layers), lists: asList(lists ?? []).filter(Boolean) } }),
    ...(savedModules.length === 0 ? {} : { savedModules }),
    ...(config.rank_pattern == null ? {} : { rankPattern: config.rank_pattern }),
    ...(config.alpha_pattern == null ? {} : { alphaPattern: config.alpha_pattern }),
    ...(config.use_rslora === true && { rankStabilised: true }),
    ...(config.use_dora === true && { decomposed: true }),
  };
}

/** The same, there again; PEFT's other fields keep its defaults. */
export function writeLora(lora: LoraConfig): Record<string, unknown> {
  const { layers, targetModules, excludeModules } = lora;
  return {
    r: lora.rank,
    lora_alpha: lora.alpha,
    lora_dropout: lora.dropout,
    target_modules: targetModules === 'all-linear' ? targetModules : written(targetModules),
    ...(excludeModules !== undefined && { exclude_modules: written(excludeModules) }),
    ...(layers !== undefined && { layers_to_transform: layers.indices }),
    ...(layers !== undefined && layers.lists.length > 0 && { layers_pattern: layers.lists }),
    ...(lora.rankPattern !== undefined && { rank_pattern: lora.rankPattern }),
    ...(lora.alphaPattern !== undefined && { alpha_pattern: lora.alphaPattern }),
    bias: 'none',
    fan_in_fan_out: false,
    init_lora_weights: true,
    use_dora: lora.decomposed ?? false,
    use_rslora: lora.rankStabilised ?? false,
  };
}

function written(names: readonly string[] | ModulePattern): readonly string[] | string {
  return 'pattern' in names ? names.pattern : names;
}

function asList<T>(value: T | readonly T[]): readonly T[] {
  return Array.isArray(value) ? (value as readonly T[]) : [value as T];
}
