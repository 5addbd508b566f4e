import { serveJobs } from '../child-loop.ts';
import { preparedDescriptor } from '../messages.ts';
import { readImage } from './image-store.ts';
import { buildFromPackage } from './build-image.ts';
import { PythonHost } from './python-host.ts';
import { createPythonWork } from './run-python.ts';

// What was put by may be unreadable or not there: then this child takes the time.
const image = readImage(preparedDescriptor) ?? buildFromPackage();
serveJobs({
  engine: `${image.engine} (node ${process.versions.node})`,
  run: createPythonWork(new PythonHost(image)),
});
