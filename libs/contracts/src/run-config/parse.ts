import { SipfError, type FieldViolation } from '@sipf/errors';
import type { z } from 'zod';
import { crossViolations } from './cross-checks.ts';
import { runConfig, type RunConfig } from './run-config.ts';

/**
 * Reads an untrusted configuration.
 * @throws SipfError `invalid-argument` INVALID_FIELD with one violation per wrong setting
 */
export function parseRunConfig(value: unknown): RunConfig {
  const result = runConfig.safeParse(value);
  if (!result.success) throw invalid(result.error.issues.flatMap(violations));
  const config = result.data;
  const found = crossViolations(config);
  if (found.length > 0) throw invalid(found);
  return config;
}

/** The same for text, e.g. of a request. */
export function parseRunConfigJson(json: string): RunConfig {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (cause) {
    throw invalid([{ field: 'config_json', description: `is not JSON: ${(cause as Error).message}` }]);
  }
  return parseRunConfig(value);
}

function violations(issue: z.core.$ZodIssue): FieldViolation[] {
  const field = issue.path.join('.') || 'config';
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      field: issue.path.length === 0 ? key : `${field}.${key}`,
      description: 'is no setting',
    }));
  }
  return [{ field, description: issue.message }];
}

function invalid(found: readonly FieldViolation[]): SipfError {
  const lines = found.map(({ field, description }) => `${field}: ${description}`);
  return new SipfError('invalid-argument', `the configuration is wrong: ${lines.join('; ')}`, {
    reason: 'INVALID_FIELD',
    violations: found,
  });
}
