import { vllmCommand } from '@sipf/runs';

const digest = `sha256:${'a'.repeat(64)}`;

/** What a dry run writes as JSON of a run with policy and simulator on vLLM, and verifiers that a hook starts. */
export function planText(): string {
  const [policy, simulator, verifier] = ['policy', 'simulator', 'verifier'].map(
    (part) => `dns:///${part}-vllm:8000`,
  );
  const [port, dtype] = [8000, 'bfloat16' as const];
  const model = (name: string) => ({ folder: `/models/${name}`, digest });
  const servers = [
    {
      ...{ parts: ['policy'], urls: [policy], replicas: 2 },
      ...vllmCommand({ runner: 'generate', model: model('policy'), port, dtype, rank: 200, resolves: true }),
    },
    {
      ...{ parts: ['simulator'], urls: [simulator], replicas: 1 },
      ...vllmCommand({ runner: 'generate', model: model('simulator'), port, dtype, maxModelLen: 945 }),
    },
    {
      ...{ parts: ['verifier'], urls: [verifier], replicas: 1, hook: '/hooks/restart-deployment.sh' },
      ...vllmCommand({ runner: 'pooling', port, dtype }),
    },
  ];
  const asking = (backend: string, url = '') => ['--backend', backend, '--backend-url', url];
  const serviceFlags = {
    generation: asking('openai', policy),
    simulation: asking('openai', simulator),
    verification: asking('pooling', verifier),
  };
  return JSON.stringify({ plan: { servers, serviceFlags } });
}
