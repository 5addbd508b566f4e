import { readFileSync } from 'node:fs';

/** Version of a program from the package.json that lies one folder above its entry module. */
export function programVersion(entryUrl: string): string {
  const manifest = readFileSync(new URL('../package.json', entryUrl), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}
