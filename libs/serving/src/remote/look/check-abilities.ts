import { SipfError } from '@sipf/errors';
import type { Server } from '@sipf/openai';
import { isRefused } from '../backend-failures.ts';
import { askWorkers } from '../reload-weights.ts';
import type { ServerFacts } from '../server-facts.ts';
import type { AskedServers, ServersFault } from './asked-servers.ts';

/** The name of our plugin among vLLM's, as deploy/vllm/pyproject.toml has it. */
const PLUGIN = 'sipf_store';

/** Whether a server could get adapters while it runs. @throws ServerFault */
export async function adapterFault(
  server: Server,
  {
    kind,
    adapter,
    facts,
    signal,
  }: Pick<AskedServers, 'kind' | 'adapter'> & { readonly facts: ServerFacts; readonly signal: AbortSignal },
): Promise<ServersFault | undefined> {
  const fault = (what: string, remedy: string): ServersFault => ({
    about: 'adapter',
    description: `${server.host} ${what}: start it with ${remedy}`,
  });
  const plugin = adapter === 'resolver' ? ' and the resolver of deploy/vllm' : '';
  if (facts.takesAdapters === false) return fault('was started without adapters', `--enable-lora${plugin}`);
  // Another server's way of finding adapters is its own.
  if (kind === 'openai' && adapter === 'resolver') return undefined;
  if (!(await hasLoadCall(server, signal)))
    return fault('takes no adapters while it runs', `VLLM_ALLOW_RUNTIME_LORA_UPDATING=True${plugin}`);
  const { plugins = [] } = facts;
  const isLeftOut = plugins.length > 0 && !plugins.some((name) => name === PLUGIN || /resolver/.test(name));
  if (adapter !== 'resolver' || !isLeftOut) return undefined;
  return fault(
    `has the plugins ${plugins.join(', ')} alone, none of which finds adapters`,
    `VLLM_PLUGINS=${PLUGIN}, or without VLLM_PLUGINS`,
  );
}

/** A call without its fields changes nothing; a server that lacks it does not know the path, which is there for resolvers too. */
async function hasLoadCall(server: Server, signal: AbortSignal): Promise<boolean> {
  try {
    await server.post('load_lora_adapter', {}, { signal, parse: () => true });
    return true;
  } catch (error) {
    if (!isRefused(error)) throw error;
    return !['404', '405'].includes(error.metadata['status'] ?? '');
  }
}

/** Whether a server could load weights. @throws ServerFault */
export async function reloadFault(server: Server, signal: AbortSignal): Promise<ServersFault | undefined> {
  try {
    // The answer is of no digest, only that there is one.
    await askWorkers(server, signal);
    return undefined;
  } catch (error) {
    if (!(error instanceof SipfError)) throw error;
    return { about: 'weights', description: error.message };
  }
}
