import { serveJobs } from '../child-loop.ts';
import { runJavaScript } from './run-javascript.ts';

serveJobs({ engine: `v8 ${process.versions.v8} (node ${process.versions.node})`, run: runJavaScript });
