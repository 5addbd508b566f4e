import '@sipf/inference/without-telemetry';
import { createGraph, mul, toOnnxModel } from '@sipf/graph';
import { createRequire } from 'node:module';
import { InferenceSession, Tensor } from 'onnxruntime-node';

/** Opens a session and multiplies two numbers; `sipf doctor` runs this in a process of its own. */
const graph = createGraph('probe');
const x = graph.input('x', 'float32', [1]);
graph.output('y', mul(x, x));
const session = await InferenceSession.create(toOnnxModel(graph));
const { y } = await session.run({ x: new Tensor('float32', Float32Array.of(3), [1]) });
await session.release();
if (y?.data[0] !== 9) throw new Error(`3 * 3 = ${String(y?.data[0])}`);
const { version } = createRequire(import.meta.url)('onnxruntime-node/package.json') as { version: string };
process.stdout.write(`onnxruntime-node ${version} opens a session\n`);
