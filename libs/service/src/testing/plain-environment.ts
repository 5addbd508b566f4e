/** For a child process that must not hear of the surrounding shell's settings: where programs are, and Node's compile cache. */
export const plainEnvironment: Readonly<Record<string, string | undefined>> = {
  PATH: process.env['PATH'],
  NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'],
};
