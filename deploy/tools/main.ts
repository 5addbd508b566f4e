// Installs the tools that test suites and benches compare with: `npm run tools -- NAME`; prints the setting that names each.
import { installPython } from './install-python.ts';
import { PYTHON_TOOLS, type PythonTool } from './tool-folders.ts';

const names = Object.keys(PYTHON_TOOLS) as PythonTool[];
const rows = names.map((name) => {
  const { what, setting } = PYTHON_TOOLS[name];
  return `  ${name.padEnd(7)} ${what}; prints ${setting}=…`;
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
  process.stdout.write(`${PYTHON_TOOLS[tool].setting}=${installPython(tool)}\n`);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(69);
}
