import './without-telemetry.ts';
import { cast, createGraph, matMul, toOnnxModel, type DType } from '@sipf/graph';
import { InferenceSession, listSupportedBackends, Tensor } from 'onnxruntime-node';
import { deviceProvider } from './execution-provider.ts';

/**
 * A program, since a fault in native code would take its process down: says as JSON of the device of its first argument, or of
 * every provider that there is, `computes` or why it does not compute a product, in the precision of the second.
 */
const [named, precision = 'float32'] = process.argv.slice(2);
const graph = createGraph('probe');
const x = graph.input('x', 'float32', [1, 1]);
const narrow = cast(x, precision as DType);
graph.output('y', cast(matMul(narrow, narrow), 'float32'));
const model = toOnnxModel(graph);

/** @throws where the device's provider does not load, or leaves the work to another */
async function compute(device: string): Promise<void> {
  const isKnown = device === 'cpu' || device === 'webgpu' || device.startsWith('cuda');
  const [provider = device] = isKnown ? deviceProvider(device as 'cpu') : [device];
  // A provider that cannot compute a node would otherwise hand it to the CPU without a word.
  const extra = device === 'cpu' ? {} : { session: { disable_cpu_ep_fallback: '1' } };
  const session = await InferenceSession.create(model, { executionProviders: [provider], extra });
  const { y } = await session.run({ x: new Tensor('float32', Float32Array.of(3), [1, 1]) });
  await session.release();
  if (y?.data[0] !== 9) throw new Error(`3 * 3 = ${String(y?.data[0])}`);
}

const answers: Record<string, string> = {};
for (const device of named === undefined ? listSupportedBackends().map(({ name }) => name) : [named]) {
  try {
    await compute(device);
    answers[device] = 'computes';
  } catch (error) {
    answers[device] = inShort(error);
  }
}
process.stdout.write(`${JSON.stringify(answers)}\n`);

/** What CUDA or WebGPU says itself, behind names of functions and files; else the first line. */
function inShort(error: unknown): string {
  const [line = ''] = (error instanceof Error ? error.message : String(error)).split('\n', 1);
  const [, own = line] =
    /(CUDA failure \d+: [^;]*?) ?(?:;|$)|was false\. (.*)$|(Program \w+ requires .*)$/
      .exec(line)
      ?.filter(Boolean) ?? [];
  return own;
}
