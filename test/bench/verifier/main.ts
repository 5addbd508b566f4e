// The verifier: throughput against transformers, the service under load, a soak. See test/bench/README.md.
import { parseArgs } from 'node:util';
import { temporaryFolder } from '../../support/models.ts';
import { LLAMA_SHAPES, type ShapeName } from '../support/llama-shapes.ts';
import { measureAdapters } from './adapters.ts';
import { measureLoad } from './load.ts';
import { soak } from './soak.ts';
import { measureThroughput, type Layout } from './throughput.ts';
import { writeVerifier } from './verifier-folder.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    shape: { type: 'string', default: 'small' },
    paths: { type: 'string', default: '1000' },
    each: { type: 'string', default: '8' },
    rounds: { type: 'string', default: '3' },
    layouts: { type: 'string', default: '1x1' },
    seconds: { type: 'string', default: '10' },
    minutes: { type: 'string', default: '10' },
    workers: { type: 'string', default: '1' },
    threads: { type: 'string', default: '1' },
  },
});
const shape = Object.keys(LLAMA_SHAPES).find((name) => name === values.shape) as ShapeName | undefined;
if (shape === undefined) throw new Error(`--shape is one of ${Object.keys(LLAMA_SHAPES).join(', ')}`);
const [what = 'load'] = positionals;
const folder = temporaryFolder();
try {
  const model = await writeVerifier(folder.path, shape);
  process.stdout.write(`${JSON.stringify({ [what]: await measure(model, shape) })}\n`);
} finally {
  folder.remove();
}

/** `--layouts 2x1,1x2`: workers by threads of each. */
function layouts(): Layout[] {
  return values.layouts.split(',').map((layout) => {
    const [workers = NaN, threadsPerWorker = NaN] = layout.split('x').map(Number);
    return { workers, threadsPerWorker };
  });
}

async function measure(model: string, name: ShapeName): Promise<unknown> {
  const flags = ['--model', model, '--workers', values.workers, '--threads', values.threads];
  switch (what) {
    case 'throughput': {
      const [paths, each, rounds] = [values.paths, values.each, values.rounds].map(Number) as [
        number,
        number,
        number,
      ];
      const python = process.env['PEER_PYTHON'];
      return await measureThroughput({
        folder: model,
        shape: name,
        python,
        paths,
        each,
        rounds,
        layouts: layouts(),
      });
    }
    case 'adapters':
      return await measureAdapters(folder.path, model);
    case 'load':
      return await measureLoad(flags, Number(values.seconds));
    case 'soak':
      return await soak(flags, Number(values.minutes));
    default:
      throw new Error(`no such measurement: ${what}`);
  }
}
