// Plain JavaScript on Node's own modules only: the set-up commands use it before anything is installed.
import { execFile } from 'node:child_process';
import { chmod, cp, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const DOWNLOAD_MS = 180_000;

/** @type {typeof import('./debian-program.d.mts').unpackDebianProgram} */
export async function unpackDebianProgram({ debianPackage, program, path, toolsFolder, log }) {
  await run('dpkg-deb', ['--version']);
  log(`fetching ${program} by apt-get into the tool folder`);
  const work = await mkdtemp(join(tmpdir(), `sipf-${program}-`));
  try {
    const apt = await prepareApt(work);
    await apt('update');
    await apt('download', debianPackage);
    const archive = (await readdir(work)).find((file) => file.endsWith('.deb'));
    if (archive === undefined) throw new Error('apt-get downloaded nothing');
    await run('dpkg-deb', ['-x', archive, 'unpacked'], { cwd: work });
    await install(join(work, 'unpacked', path), { program, toolsFolder });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/**
 * apt-get with its lists, cache and locks under `work`; as root it would otherwise hand over to a user who may not write there.
 */
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

async function install(binary, { program, toolsFolder }) {
  await mkdir(toolsFolder, { recursive: true });
  const staged = await mkdtemp(join(toolsFolder, '.staged-'));
  try {
    await cp(binary, join(staged, program));
    // A temporary folder is its maker's alone; other users of this checkout want the program too.
    await chmod(staged, 0o755);
    // Where another program was first, its folder stays.
    await rename(staged, join(toolsFolder, program)).catch((error) => {
      if (!['ENOTEMPTY', 'EEXIST'].includes(error.code)) throw error;
    });
  } finally {
    await rm(staged, { recursive: true, force: true });
  }
}
