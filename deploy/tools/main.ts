// Installs the tools that test suites and benches compare with: `npm run tools -- NAME`; prints the setting that names each.
import { installPeers } from './install-peers.ts';

const HELP = `usage: npm run --silent tools -- NAME
  peers   torch, transformers, peft, trl, math-verify, lm-eval, evalplus (6 GB); prints PEER_PYTHON=…
They go to SIPF_TOOLS (default: the user's cache), once for all clones, and suites find them there.
`;
const installers: Readonly<Record<string, () => string>> = {
  peers: () => `PEER_PYTHON=${installPeers()}`,
};

const install = installers[process.argv[2] ?? ''];
if (install === undefined) {
  process.stderr.write(HELP);
  process.exit(64);
}
try {
  process.stdout.write(`${install()}\n`);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(69);
}
