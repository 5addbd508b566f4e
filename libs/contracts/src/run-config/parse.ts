import { SipfError, type FieldViolation } from '@sipf/errors';
import { settingViolations } from '../settings/violations.ts';
import { crossViolations } from './cross-checks.ts';
import { runConfig, type RunConfig } from './run-config.ts';

/**
 * Reads an untrusted configuration.
 * @throws SipfError `invalid-argument` INVALID_FIELD with one violation per wrong setting
 */
export function parseRunConfig(value: unknown): RunConfig {
  const result = runConfig.safeParse(value);
  if (!result.success) {
    const { issues } = result.error;
    const found = settingViolations({ schema: runConfig, value, issues });
    throw invalid(found.map((violation) => ({ ...violation, field: violation.field || 'config' })));
  }
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

function invalid(found: readonly FieldViolation[]): SipfError {
  const lines = found.map(({ field, description }) => `${field}: ${description}`);
  return new SipfError('invalid-argument', `the configuration is wrong: ${lines.join('; ')}`, {
    reason: 'INVALID_FIELD',
    violations: found,
  });
}
