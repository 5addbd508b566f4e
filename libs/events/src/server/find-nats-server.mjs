// Plain JavaScript on Node's own modules only: the set-up commands use it before anything is installed.
import { execFile } from 'node:child_process';
import { access, chmod, constants, cp, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const NAME = 'nats-server';
const DOWNLOAD_MS = 180_000;

/** @type {typeof import('./find-nats-server.d.mts').findNatsServer} */
export async function findNatsServer({
  toolsFolder,
  env = process.env,
  download = true,
  log = () => undefined,
}) {
  if (env.NATS_URL) return { kind: 'url', url: env.NATS_URL };
  const installed = join(toolsFolder, NAME, NAME);
  const candidates = [
    ...(env.PATH ?? '')
      .split(delimiter)
      .filter(Boolean)
      .map((folder) => join(folder, NAME)),
    installed,
  ];
  for (const binary of candidates) {
    if (await works(binary)) return { kind: 'binary', binary };
  }
  if (!download) return undefined;
  try {
    await unpackDebianPackage(toolsFolder, log);
    return (await works(installed)) ? { kind: 'binary', binary: installed } : undefined;
  } catch (error) {
    log(
      `no nats-server could be had: ${error instanceof Error ? error.message.split('\n', 1)[0] : String(error)}`,
    );
    return undefined;
  }
}

/** Whether the file is a nats-server that this machine can run. */
async function works(binary) {
  try {
    await access(binary, constants.X_OK);
    const { stdout } = await run(binary, ['--version'], { timeout: 10_000 });
    return stdout.includes(NAME);
  } catch {
    return false;
  }
}

/**
 * Downloads the distribution's own package with apt's state in a private folder, which needs no root, and unpacks it
 * without installing. The result appears under its name at once, so that two programs may do this at the same time.
 */
async function unpackDebianPackage(toolsFolder, log) {
  await run('dpkg-deb', ['--version']);
  log('fetching nats-server by apt-get into the tool folder');
  const work = await mkdtemp(join(tmpdir(), 'sipf-nats-'));
  try {
    const apt = await prepareApt(work);
    await apt('update');
    await apt('download', NAME);
    const archive = (await readdir(work)).find((file) => file.endsWith('.deb'));
    if (archive === undefined) throw new Error('apt-get downloaded nothing');
    await run('dpkg-deb', ['-x', archive, 'unpacked'], { cwd: work });
    await install(join(work, 'unpacked', 'usr', 'sbin', NAME), toolsFolder);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** apt-get with its lists, cache and locks under `work`; as root it would otherwise hand over to a user who may not write there. */
async function prepareApt(work) {
  const state = join(work, 'state');
  const cache = join(work, 'cache');
  await mkdir(join(state, 'lists', 'partial'), { recursive: true });
  await mkdir(join(cache, 'archives', 'partial'), { recursive: true });
  const settings = [
    `Dir::State=${state}`,
    `Dir::State::lists=${join(state, 'lists')}`,
    `Dir::Cache=${cache}`,
    'APT::Sandbox::User=root',
    'Acquire::Languages=none',
    'Acquire::http::Timeout=20',
    'Acquire::https::Timeout=20',
  ];
  const options = settings.flatMap((setting) => ['-o', setting]);
  return (...args) => run('apt-get', ['-q', '-y', ...options, ...args], { cwd: work, timeout: DOWNLOAD_MS });
}

async function install(binary, toolsFolder) {
  await mkdir(toolsFolder, { recursive: true });
  const staged = await mkdtemp(join(toolsFolder, '.staged-'));
  try {
    await cp(binary, join(staged, NAME));
    // A temporary folder is its maker's alone; other users of this checkout want the program too.
    await chmod(staged, 0o755);
    // Where another program was first, its folder stays.
    await rename(staged, join(toolsFolder, NAME)).catch((error) => {
      if (!['ENOTEMPTY', 'EEXIST'].includes(error.code)) throw error;
    });
  } finally {
    await rm(staged, { recursive: true, force: true });
  }
}
