import { fail, ok, warn, type Finding } from './finding.ts';

const MIB = 2 ** 20;
const GIB = 2 ** 30;

/** @param wanted the major version in .nvmrc */
export function judgeNode(version: string, wanted: string): Finding {
  const major = version.replace(/^v/, '').split('.')[0] ?? '';
  if (major === wanted) return ok('node', version);
  return fail(
    'node',
    `${version}, but this project runs on Node ${wanted}`,
    `start by \`./sipf\`, which brings Node ${wanted}`,
  );
}

/** @param freeBytes undefined where the system does not say */
export function judgeDisk(freeBytes: number | undefined, folder: string): Finding {
  if (freeBytes === undefined)
    return warn('disk', `free space of ${folder} is unknown`, 'see that 2 GiB are free');
  const detail = `${formatBytes(freeBytes)} free for ${folder}`;
  if (freeBytes < 200 * MIB)
    return fail('disk', detail, 'free some space, or choose another folder by --runs');
  if (freeBytes < 2 * GIB)
    return warn('disk', detail, 'a run of the bundled task needs up to 2 GiB; real models more');
  return ok('disk', detail);
}

export function judgeMemory(availableBytes: number): Finding {
  const detail = `${formatBytes(availableBytes)} available`;
  if (availableBytes < 700 * MIB)
    return fail('memory', detail, 'end other programs; a run needs about 1.5 GiB');
  if (availableBytes < 2 * GIB) return warn('memory', detail, 'use --workers 1; real models need more');
  return ok('memory', detail);
}

/** How a child process that tried a native module ended. */
export interface ProbeResult {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

export function judgeNativeModule(name: string, result: ProbeResult): Finding {
  const { code, signal, stdout, stderr } = result;
  if (code === 0) return ok(name, stdout.trim());
  const lines = stderr.split('\n').map((line) => line.trim());
  const why = lines.find((line) => /error/i.test(line)) ?? lines.find((line) => line !== '') ?? '';
  const how = signal === null ? `exit status ${String(code)}` : signal;
  return fail(name, `does not work (${how}): ${why}`, 'install again: remove node_modules, then `npm ci`');
}

function formatBytes(bytes: number): string {
  return bytes >= GIB ? `${(bytes / GIB).toFixed(1)} GiB` : `${Math.round(bytes / MIB)} MiB`;
}
