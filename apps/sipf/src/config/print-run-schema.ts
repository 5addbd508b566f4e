// For `npm run generate`, which keeps it as configs/run.schema.json.
import { runSchema } from './run-schema.ts';

process.stdout.write(`${JSON.stringify(runSchema(), null, 2)}\n`);
