// The verifier: throughput against transformers, the service under load, a soak. See test/bench/README.md.
import { parseArgs } from 'node:util';
import { temporaryFolder } from '../../support/models.ts';
import { LLAMA_SHAPES, type ShapeName } from '../support/llama-shapes.ts';
import { measureLoad } from './load.ts';
import { soak } from './soak.ts';
import { measureThroughput } from './throughput.ts';
import { writeVerifier } from './verifier-folder.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    shape: { type: 'string', default: 'small' },
    paths: { type: 'string', default: '1000' },
    rounds: { type: 'string', default: '1' },
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

async function measure(model: string, name: ShapeName): Promise<unknown> {
  const flags = ['--model', model, '--workers', values.workers, '--threads', values.threads];
  switch (what) {
    case 'throughput': {
      const [paths, rounds] = [Number(values.paths), Number(values.rounds)];
      const python = process.env['PEER_PYTHON'];
      return await measureThroughput({ folder: model, shape: name, python, paths, rounds });
    }
    case 'load':
      return await measureLoad(flags, Number(values.seconds));
    case 'soak':
      return await soak(flags, Number(values.minutes));
    default:
      throw new Error(`no such measurement: ${what}`);
  }
}
