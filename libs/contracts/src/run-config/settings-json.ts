import { z } from 'zod';
import { runConfig } from './run-config.ts';

/**
 * What a run's configuration may hold, as a JSON Schema in text: equal texts are equal rules, checks between settings and
 * descriptions aside.
 */
export function runSettingsJson(): string {
  return JSON.stringify(
    z.toJSONSchema(runConfig, {
      io: 'input',
      unrepresentable: 'any',
      override: ({ jsonSchema }) => {
        delete jsonSchema.description;
      },
    }),
  );
}
