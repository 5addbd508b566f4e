import { lstatSync, readlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** A file or folder of the host that a child sees under the same name. */
export type VisibleFile =
  | { readonly kind: 'folder' | 'file'; readonly path: string }
  | { readonly kind: 'link'; readonly path: string; readonly target: string };

const systemFolders = ['/lib', '/lib64', '/usr/lib', '/usr/lib64'];

/** Folders with the code that children run: this library, the errors it imports, and the packages. */
export function codeFolders(): readonly string[] {
  const require = createRequire(import.meta.url);
  const packages = path.dirname(path.dirname(require.resolve('isolated-vm/package.json')));
  const errors = path.dirname(path.dirname(fileURLToPath(import.meta.resolve('@sipf/errors'))));
  return [packages, errors, path.resolve(import.meta.dirname, '../..')];
}

/** The contents of a child's root: its code, the interpreter and the system's libraries. */
export function visibleFiles(): readonly VisibleFile[] {
  const folders = codeFolders();
  const isInside = folders.some((folder) => process.execPath.startsWith(`${folder}/`));
  return [
    ...systemFolders.flatMap(describeFolder),
    ...folders.map((folder) => ({ kind: 'folder' as const, path: folder })),
    ...(isInside ? [] : [{ kind: 'file' as const, path: process.execPath }]),
  ];
}

/** Names that are links on the host, such as /lib, must be links in the root too. */
function describeFolder(folder: string): readonly VisibleFile[] {
  const info = lstatSync(folder, { throwIfNoEntry: false });
  if (info === undefined) return [];
  return info.isSymbolicLink()
    ? [{ kind: 'link', path: folder, target: readlinkSync(folder) }]
    : [{ kind: 'folder', path: folder }];
}
