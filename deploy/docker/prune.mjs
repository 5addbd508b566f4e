// Removes onnxruntime's binaries for other systems and processors. Plain JavaScript, because it runs before our sources are
// copied.
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const binaries = 'node_modules/onnxruntime-node/bin/napi-v6';
if (!existsSync(join(binaries, process.platform, process.arch))) {
  console.error(`${binaries} has nothing for ${process.platform} ${process.arch}`);
  process.exit(1);
}
for (const platform of readdirSync(binaries)) {
  if (platform !== process.platform) rmSync(join(binaries, platform), { recursive: true });
}
for (const arch of readdirSync(join(binaries, process.platform))) {
  if (arch !== process.arch) rmSync(join(binaries, process.platform, arch), { recursive: true });
}
