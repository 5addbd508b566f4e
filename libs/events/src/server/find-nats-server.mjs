// Plain JavaScript on Node's own modules only: the set-up commands use it before anything is installed.
import { execFile } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { unpackDebianProgram } from './debian-program.mjs';

const run = promisify(execFile);
const NAME = 'nats-server';

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
    await unpackDebianProgram({
      ...{ debianPackage: NAME, program: NAME, path: `usr/sbin/${NAME}` },
      ...{ toolsFolder, log },
    });
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
