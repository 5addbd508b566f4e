import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { minifySync, parseSync, transformSync } from 'rolldown/utils';
import { root } from './step.ts';

/** Whether a file does otherwise than at the base. */
export function changedCode(path: string, base: string): boolean {
  if (!/\.tsx?$/.test(path) || !existsSync(join(root, path))) return true;
  const { status, stdout } = spawnSync('git', ['show', `${base}:${path}`], { cwd: root, encoding: 'utf8' });
  return status !== 0 || doesOtherwise(path, stdout, readFileSync(join(root, path), 'utf8'));
}

/**
 * Whether a module's text does otherwise than an earlier one. Comments and types do nothing, which leaves them to the checks; a
 * name more that a module passes on is asked for by nobody who has not changed.
 */
export function doesOtherwise(path: string, earlier: string, later: string): boolean {
  if (codeOf(path, earlier) === codeOf(path, later)) return false;
  const [before, after] = [passedOn(path, earlier), passedOn(path, later)];
  return before === undefined || after === undefined || !before.every((name) => after.includes(name));
}

/** A module without types, comments and spaces; one that cannot be read is its text. */
function codeOf(path: string, text: string): string {
  const { code, errors } = transformSync(path, text);
  const plain = minifySync(path.replace(/tsx?$/, 'js'), code, { mangle: false, compress: false });
  return errors.length + plain.errors.length > 0 ? text : plain.code;
}

/** What a module that does nothing else passes on by name. */
function passedOn(path: string, text: string): readonly string[] | undefined {
  const { program, module } = parseSync(path, text);
  const exports = module.staticExports.flatMap(({ entries }) => entries).filter(({ isType }) => !isType);
  const isPlain =
    program.body.every(({ type }) => type === 'ExportNamedDeclaration') &&
    exports.every(({ moduleRequest }) => moduleRequest !== null);
  if (!isPlain) return undefined;
  return exports.map(({ moduleRequest, importName, exportName }) =>
    [moduleRequest?.value, importName.name, exportName.name].join(' '),
  );
}
