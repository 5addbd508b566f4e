import { runConfig } from '@sipf/contracts';
import { z } from 'zod';
import { experimentSection } from '../experiment/experiment-settings.ts';

// What editors of YAML understand best.
const options = { io: 'input', target: 'draft-7', unrepresentable: 'any' } as const;

/**
 * A configuration file as a JSON Schema, with what every setting means, its default and its bounds; what must hold between
 * settings of different sections is checked by `sipf run` alone.
 */
export function runSchema(): z.core.JSONSchema.BaseSchema {
  const { properties, ...run } = z.toJSONSchema(runConfig, options);
  const experiment = z.toJSONSchema(experimentSection, options);
  delete experiment.$schema;
  return { title: 'A run of sipf', ...run, properties: { ...properties, experiment } };
}
