/** The environment of a child process without the shell's settings: only PATH and Node's compile cache. */
export const plainEnvironment: Readonly<Record<string, string | undefined>> = {
  PATH: process.env['PATH'],
  NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'],
};
