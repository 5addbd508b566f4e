import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { defineConfig, type Plugin } from 'vite';

/** Most bytes of all scripts and styles together, gzip: a phone loads them before it shows anything. */
const BUDGET_BYTES = 45 * 1024;

export default defineConfig({
  root: fileURLToPath(new URL('src/page', import.meta.url)),
  base: './',
  // The page that is built is the one that is delivered, whatever NODE_ENV is.
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact', development: false } },
  build: {
    outDir: fileURLToPath(new URL('dist', import.meta.url)),
    emptyOutDir: true,
    reportCompressedSize: false,
    modulePreload: { polyfill: false },
  },
  plugins: [budget()],
});

/** Prints the size of the page, and fails the build when it is too large. */
function budget(): Plugin {
  return {
    name: 'budget',
    generateBundle(_options, bundle) {
      const sizes = Object.values(bundle).map((file) =>
        file.type === 'chunk' ? gzipSync(file.code).length : gzipSync(file.source).length,
      );
      const total = sizes.reduce((sum, size) => sum + size, 0);
      const message = `the page has ${total} bytes (gzip) of at most ${BUDGET_BYTES}`;
      if (total > BUDGET_BYTES) this.error(message);
      this.info(message);
    },
  };
}
