import { serveJobs } from '../child-loop.ts';
import { loadImage } from './image-store.ts';
import { PythonHost } from './python-host.ts';
import { createPythonWork } from './run-python.ts';

const [cacheFolder = ''] = process.argv.slice(2);
const image = loadImage(cacheFolder);
serveJobs({
  engine: `${image.engine} (node ${process.versions.node})`,
  run: createPythonWork(new PythonHost(image)),
});
