import { parseRunConfig, type RunConfig } from '@sipf/contracts';
import { SipfError, type FieldViolation } from '@sipf/errors';
import { missingPaths, resolvePaths } from '@sipf/runs/preflight';
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { displayPath } from '../display-path.ts';
import { usageError } from '../usage-error.ts';
import { experimentPaths } from './experiment-paths.ts';
import { applyOverrides, overrideOf, parseOverride, type Override } from './overrides.ts';
import { formatPosition, parseYamlSettings, type YamlSettings } from './yaml-settings.ts';

/** The section of a file that experiments read and runs ignore. */
const EXPERIMENT = 'experiment';

/** Where a run's configuration comes from. */
export interface RunConfigSource {
  readonly file: string;
  /** Every `--set`, in order. */
  readonly overrides: readonly string[];
  /** Relative paths of `--set` start here; those of the file start at the file. */
  readonly cwd: string;
  /** Whether the files that it names must be here; not for a run on another machine. */
  readonly checkFiles: boolean;
}

/**
 * The configuration of a file and overrides, complete and with absolute paths.
 * @throws SipfError `invalid-argument` with a violation `file:line:column: key` (or `--set text`) for every wrong setting
 */
export async function loadRunConfig(source: RunConfigSource): Promise<RunConfig> {
  const file = resolve(source.cwd, source.file);
  const name = displayPath(source.cwd, file);
  const overrides = source.overrides.map(parseOverride);
  const yaml = parseYamlSettings(await readText(file, name), name);
  // A run ignores how an experiment varies the file.
  const withoutExperiment = Object.entries(yaml.value).filter(([key]) => key !== EXPERIMENT);
  const own = overrides.filter(({ path }) => path[0] !== EXPERIMENT);
  const settings = applyOverrides(Object.fromEntries(withoutExperiment), own);
  const sources = { name, yaml, overrides };
  const config = parse(settings, sources);
  const folderOf = (key: string): string =>
    overrideOf(overrides, key) === undefined ? dirname(file) : source.cwd;
  const resolved = resolvePaths(config, folderOf);
  const missing = source.checkFiles ? await missingPaths(resolved) : [];
  if (missing.length > 0) throw wrongConfig(missing, sources);
  return resolved;
}

/**
 * The `experiment` section of a file with its overrides; undefined where it has none. The relative paths among the file's own
 * settings start at the file.
 * @throws SipfError `invalid-argument` as {@link loadRunConfig} does for the file
 */
export async function readExperimentSection({
  file,
  overrides,
  cwd,
}: Pick<RunConfigSource, 'file' | 'overrides' | 'cwd'>): Promise<unknown> {
  const path = resolve(cwd, file);
  const name = displayPath(cwd, path);
  const yaml = parseYamlSettings(await readText(path, name), name);
  const settings = { [EXPERIMENT]: experimentPaths(yaml.value[EXPERIMENT], dirname(path)) };
  const own = overrides.map(parseOverride).filter((override) => override.path[0] === EXPERIMENT);
  return applyOverrides(settings, own)[EXPERIMENT];
}

interface Sources {
  readonly name: string;
  readonly yaml: YamlSettings;
  readonly overrides: readonly Override[];
}

function parse(settings: Record<string, unknown>, sources: Sources): RunConfig {
  try {
    return parseRunConfig(settings);
  } catch (error) {
    if (!(error instanceof SipfError)) throw error;
    throw wrongConfig(error.violations, sources);
  }
}

function wrongConfig(found: readonly FieldViolation[], sources: Sources): SipfError {
  const violations = found.map(({ field, description }) => ({
    field: sourceOf(field, sources),
    description,
  }));
  const [first] = violations;
  if (first !== undefined && violations.length === 1) {
    return usageError(`${first.field}: ${first.description}`, { violations });
  }
  return usageError(`${violations.length} settings of ${sources.name} are wrong`, { violations });
}

/** Where a setting was given: on the command line, or in the file. */
function sourceOf(field: string, { name, yaml, overrides }: Sources): string {
  const override = overrideOf(overrides, field);
  if (override !== undefined) return `--set ${override.text}: ${field}`;
  return `${formatPosition(name, yaml.locate(field.split('.')))}: ${field}`;
}

async function readText(file: string, name: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const why =
      code === 'ENOENT'
        ? 'there is no such file'
        : code === 'EISDIR'
          ? 'it is a folder'
          : (code ?? 'unreadable');
    throw usageError(`cannot read the configuration ${name}: ${why}; --config names it`, { cause });
  }
}
