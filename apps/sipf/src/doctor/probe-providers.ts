import '@sipf/inference/without-telemetry';
import { createGraph, mul, toOnnxModel } from '@sipf/graph';
import { InferenceSession, listSupportedBackends, Tensor } from 'onnxruntime-node';

/** Says which execution providers really compute, as JSON; `sipf doctor` runs this in a process of its own. */
const graph = createGraph('probe');
const x = graph.input('x', 'float32', [1]);
graph.output('y', mul(x, x));
const model = toOnnxModel(graph);

/** @throws where the provider does not load, or leaves the work to another */
async function compute(provider: string): Promise<void> {
  // A provider that cannot compute a node would otherwise hand it to the CPU without a word.
  const extra = provider === 'cpu' ? {} : { session: { disable_cpu_ep_fallback: '1' } };
  const session = await InferenceSession.create(model, { executionProviders: [provider], extra });
  const { y } = await session.run({ x: new Tensor('float32', Float32Array.of(3), [1]) });
  await session.release();
  if (y?.data[0] !== 9) throw new Error(`3 * 3 = ${String(y?.data[0])}`);
}

const providers: Record<string, string> = {};
for (const { name } of listSupportedBackends()) {
  try {
    await compute(name);
    providers[name] = 'computes';
  } catch (error) {
    providers[name] = error instanceof Error ? (error.message.split('\n', 1)[0] ?? '') : String(error);
  }
}
process.stdout.write(`${JSON.stringify(providers)}\n`);
