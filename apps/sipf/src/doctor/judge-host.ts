import { withoutCredentials } from '@sipf/errors';
import type { Confinement } from '@sipf/sandbox';
import { fail, ok, warn, type Finding } from './finding.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** @param glibc its version, undefined where the C library is another one */
export function judgeLibc(glibc: string | undefined, wanted = '2.28'): Finding {
  if (glibc === undefined) {
    const fix =
      'use a distribution with glibc (Debian, Ubuntu, Fedora, ...): the native modules are built for it';
    return fail('C library', 'not glibc (Alpine has musl)', fix);
  }
  const [major = 0, minor = 0] = glibc.split('.').map(Number);
  const [wantedMajor = 0, wantedMinor = 0] = wanted.split('.').map(Number);
  const isOld = major < wantedMajor || (major === wantedMajor && minor < wantedMinor);
  return isOld
    ? fail('C library', `glibc ${glibc}`, `use a distribution with glibc ${wanted} or later`)
    : ok('C library', `glibc ${glibc}`);
}

/**
 * @param installed what the last installation was made from, undefined where that is unknown;
 * @param wanted the lock file's hash
 */
export function judgeInstallation(installed: string | undefined, wanted: string): Finding {
  if (installed === undefined) return ok('dependencies', 'installed by other means than `npm start`');
  if (installed === wanted) return ok('dependencies', 'as package-lock.json says');
  const fix = 'start by `./sipf` or `npm start`, which installs them, or run `npm ci`';
  return warn('dependencies', 'package-lock.json has changed since they were installed', fix);
}

/** @param quota cores that the container may use, undefined without a limit; @param cores what programs see */
export function judgeProcessors(cores: number, quota: number | undefined): Finding {
  if (quota === undefined || quota >= cores) return ok('processors', `${cores} cores`);
  const detail = `${cores} cores are seen, but only ${quota.toFixed(1)} may be used`;
  const fix = `set --workers x --threads to ${Math.max(1, Math.floor(quota))} at most, or raise the container's CPU limit`;
  return warn('processors', detail, fix);
}

/** How well the host keeps the children of the execution service from everything. */
export function judgeConfinement({
  layers,
  missing,
  why = '',
}: Pick<Confinement, 'layers' | 'missing' | 'why'>): Finding {
  if (missing.length === 0) return ok('confinement', layers.join(', '));
  const fix =
    'install util-linux and let the service make user namespaces (user.max_user_namespaces, AppArmor, ' +
    "the container's seccomp profile); without, programs are kept by their isolates and limits";
  return warn('confinement', `${layers.join(', ') || 'none'}; not ${missing.join(', ')}: ${why}`, fix);
}

/** @param limit files that a process may have open, undefined where the system does not say */
export function judgeOpenFiles(limit: number | undefined): Finding {
  if (limit === undefined || limit >= 1024)
    return ok('open files', `${limit ?? 'an unknown number'} allowed`);
  return warn(
    'open files',
    `${limit} allowed`,
    'raise the limit: `ulimit -n 4096`, or LimitNOFILE of the unit',
  );
}

/** gRPC clients go by the proxy variables of the environment, for loopback too unless it is left out. */
export function judgeProxy(env: Environment): Finding {
  const proxies = ['grpc_proxy', 'https_proxy', 'http_proxy'].filter((name) => (env[name] ?? '') !== '');
  const [first] = proxies;
  if (first === undefined) return ok('proxy', 'none is set');
  const exempt = (env['no_grpc_proxy'] ?? env['no_proxy'] ?? '').split(',').map((host) => host.trim());
  if (exempt.includes('127.0.0.1') || exempt.includes('*'))
    return ok('proxy', `${first} leaves out 127.0.0.1`);
  const fix = 'set no_proxy=127.0.0.1,localhost and the names of the services';
  return fail('proxy', `${first} is set, and calls to 127.0.0.1 would go through it`, fix);
}

/** Folders of tools and libraries, which are the same for all. */
const NO_SETTINGS: ReadonlySet<string> = new Set(['SIPF_TOOLS', 'SIPF_CUDA_LIBS']);

/** Settings left in a shell reach every service that is started from it. */
export function judgeStraySettings(env: Environment): Finding {
  const names = Object.keys(env).filter((name) => name.startsWith('SIPF_') && !NO_SETTINGS.has(name));
  if (names.length === 0) return ok('settings', 'no SIPF_ variables are set');
  const fix = `if that is not meant: \`unset ${names.join(' ')}\``;
  return warn('settings', `${names.join(', ')} will reach every service that this shell starts`, fix);
}

/** @param providers what became of each execution provider, `computes` or why not; @param wanted one that must compute */
export function judgeProviders(
  providers: Readonly<Record<string, string>>,
  wanted: string | undefined,
): Finding {
  const working = Object.keys(providers).filter((name) => providers[name] === 'computes');
  const detail = working.length === 0 ? 'none computes' : working.join(', ');
  if (wanted === undefined || working.includes(wanted)) {
    return working.length > 0
      ? ok('providers', detail)
      : fail('providers', detail, 'install again: remove node_modules, then `npm ci`');
  }
  const why = providers[wanted] ?? 'this build of onnxruntime does not know it';
  return fail('providers', `${detail}; not ${wanted}: ${why}`, fixOf(wanted));
}

function fixOf(provider: string): string {
  if (provider !== 'cuda') return `use a machine and an installation with ${provider}`;
  return (
    'bring its libraries by `sipf device install cuda`, or use the CUDA image (deploy/docker); have a driver for their CUDA ' +
    'version, and give a container the GPU (--gpus, nvidia.com/gpu)'
  );
}

/** What a NATS server says of itself, or why it says nothing. */
export type NatsGreeting =
  | { readonly version: string; readonly jetstream: boolean }
  | { readonly unreachable: string };

/** @param address as NATS_URL names it */
export function judgeNatsServer(address: string, greeting: NatsGreeting): Finding {
  const url = withoutCredentials(address);
  if ('unreachable' in greeting) {
    const fix = 'start it, correct NATS_URL, or unset it: a run then starts a server of its own';
    return fail('nats-server', `NATS_URL names ${url}, which does not answer: ${greeting.unreachable}`, fix);
  }
  const { version, jetstream } = greeting;
  if (!jetstream) return fail('nats-server', `${url} has no JetStream`, 'start it with --jetstream');
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major < 2 || (major === 2 && minor < 9))
    return fail('nats-server', `${url} is version ${version}`, 'upgrade it to 2.9 or later');
  return ok('nats-server', `${url}, version ${version}, JetStream`);
}
