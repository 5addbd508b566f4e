import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { preparedDescriptor } from '../messages.ts';
import type { Plan } from './plan.ts';
import { codeFolders, visibleFiles, type VisibleFile } from './visible-files.ts';

/** A file that a child finds open as {@link preparedDescriptor}, empty where it could not be made. */
export interface PreparedFile {
  readonly path: string;
  /** The trusted module that creates it where it is missing, before the child is confined. */
  readonly maker: URL;
}

/** The program of a child process. */
export interface Launch {
  readonly entry: URL;
  readonly nodeArguments: readonly string[];
  readonly prepared?: PreparedFile | undefined;
  /** The stack of its main thread; by default the host's. */
  readonly stackKiB?: number | undefined;
}

/** The mount point of the new root: it always exists, and holds nothing that a child needs. */
const newRoot = '/sys';
/** The user and group without rights, by convention. */
const nobody = '65534';

/** Keeps an orphan from running for ever, and a crash from leaving memory on disk. */
const limits = ['ulimit -c 0', 'ulimit -t 3600'];
/** Lets a child open few files and write to none. */
const tightLimits = ['ulimit -n 64', 'ulimit -f 0'];

/**
 * The script of `/bin/sh` that starts a child under a plan and is replaced by it, or by the `unshare` that waits for it. Needs no
 * environment. @param isRoot whether the service runs as root
 */
export function launchScript(plan: Plan, launch: Launch, isRoot: boolean): string {
  const node = [process.execPath, ...launch.nodeArguments];
  const permissions = plan.permissions ? permissionFlags() : [];
  const program = [...node, ...permissions, fileURLToPath(launch.entry)];
  return [
    ...limits,
    ...(launch.stackKiB === undefined ? [] : [`ulimit -s ${launch.stackKiB}`]),
    ...(launch.prepared === undefined ? [] : prepare(node, launch.prepared)),
    ...(plan.permissions ? tightLimits : []),
    `exec ${confine(plan, program, isRoot)}`,
  ].join('\n');
}

function prepare(node: readonly string[], { path: file, maker }: PreparedFile): string[] {
  const make = words([...node, fileURLToPath(maker), file]);
  return [
    `[ -e ${quote(file)} ] || ${make} >&2 || :`,
    `if [ -r ${quote(file)} ]; then exec ${preparedDescriptor}<${quote(file)}; else exec ${preparedDescriptor}</dev/null; fi`,
  ];
}

/** Allows reading its own code, one native module, and the files of `node-gyp-build`: no other file, no process, no thread. */
function permissionFlags(): string[] {
  const readable = [...codeFolders(), '/etc/alpine-release'];
  return ['--permission', '--allow-addons', ...readable.map((name) => `--allow-fs-read=${name}`)];
}

function confine(plan: Plan, program: readonly string[], isRoot: boolean): string {
  if (!plan.privileges) return words(program);
  const setpriv = [...privilegeFlags(plan, isRoot), ...program];
  if (!plan.namespaces) return words(['setpriv', ...setpriv]);
  const unshare = [
    'unshare',
    ...(isRoot ? [] : ['--user', '--map-root-user']),
    ...['--net', '--ipc', '--uts', '--mount', '--pid', '--fork', '--kill-child'],
  ];
  const inside = plan.root ? insideNewRoot(setpriv) : `exec ${words(['setpriv', ...setpriv])}`;
  return words([...unshare, '/bin/sh', '-c', inside]);
}

/** Inside a user namespace, as for root, there are capabilities to drop. */
function privilegeFlags({ namespaces }: Plan, isRoot: boolean): string[] {
  return [
    '--no-new-privs',
    ...(isRoot || namespaces ? ['--bounding-set=-all', '--inh-caps=-all'] : []),
    ...(isRoot ? ['--reuid', nobody, '--regid', nobody, '--clear-groups'] : []),
    // A change of user clears the setting of `unshare --kill-child`.
    ...(namespaces ? ['--pdeathsig', 'KILL'] : []),
  ];
}

/** Uses few commands: each adds a millisecond or two to every child's start. */
function insideNewRoot(setpriv: readonly string[]): string {
  const tool = `${newRoot}/setpriv`;
  const shown = visibleFiles().map((file) => ({ ...file, at: newRoot + file.path }));
  const folders = shown.map(({ kind, at }) => (kind === 'folder' ? at : path.dirname(at)));
  return [
    'set -e',
    `mount -t tmpfs -o mode=755,size=1m tmpfs ${newRoot}`,
    `mkdir -p ${words(folders)}`,
    ...shown.map(show),
    `: > ${tool}`,
    `mount --bind "$(command -v setpriv)" ${tool}`,
    `mount -o remount,bind,ro none ${newRoot}`,
    `exec chroot ${newRoot} /setpriv ${words(setpriv)}`,
  ].join('\n');
}

function show(file: VisibleFile & { readonly at: string }): string {
  const at = quote(file.at);
  if (file.kind === 'link') return `ln -s ${quote(file.target)} ${at}`;
  // Binds submounts too: a user namespace must not uncover anything.
  const mount = `mount --rbind -o ro,nosuid,nodev ${quote(file.path)} ${at}`;
  return file.kind === 'folder' ? mount : `: > ${at}\n${mount}`;
}

const quote = (text: string) => `'${text.replaceAll("'", String.raw`'\''`)}'`;
const words = (parts: readonly string[]) => parts.map(quote).join(' ');
