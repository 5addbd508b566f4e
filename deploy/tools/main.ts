// Installs the tools that test suites and benches compare with: `npm run tools -- NAME`; prints the setting that names each.
import { installTool } from './install-tool.ts';
import { TOOLS, type Tool } from './tool-folders.ts';

const names = Object.keys(TOOLS) as Tool[];
const rows = names.map((name) => {
  const { what, setting } = TOOLS[name];
  return `  ${name.padEnd(9)} ${what}; prints ${setting}=…`;
});
const HELP = `usage: npm run --silent tools -- NAME
${rows.join('\n')}
They go to SIPF_TOOLS (default: the user's cache), once for all clones, and suites find them there.
`;

const tool = names.find((name) => name === process.argv[2]);
if (tool === undefined) {
  process.stderr.write(HELP);
  process.exit(64);
}
try {
  process.stdout.write(`${TOOLS[tool].setting}=${installTool(tool)}\n`);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(69);
}
