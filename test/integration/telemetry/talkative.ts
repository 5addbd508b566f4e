// A session as onnxruntime opens it by itself, with nobody to silence it; lives long enough to be heard.
import { createGraph, mul, toOnnxModel } from '@sipf/graph';
import { setTimeout as sleep } from 'node:timers/promises';
import { InferenceSession } from 'onnxruntime-node';

const graph = createGraph('probe');
const x = graph.input('x', 'float32', [1]);
graph.output('y', mul(x, x));
const session = await InferenceSession.create(toOnnxModel(graph));
// Its first attempt to send something comes after some nine seconds.
await sleep(12_000);
await session.release();
