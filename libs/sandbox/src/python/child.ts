import { serveJobs } from '../child-loop.ts';
import { preparedDescriptor } from '../messages.ts';
import { buildFromPackage } from './build-image.ts';
import { readImage } from './image-store.ts';
import { PythonHost } from './python-host.ts';
import { createPythonWork } from './run-python.ts';

// The cached image may be unreadable or missing: then this child builds its own.
const image = readImage(preparedDescriptor) ?? buildFromPackage();
serveJobs({
  engine: `${image.engine} (node ${process.versions.node})`,
  run: createPythonWork(new PythonHost(image)),
});
