/** The environment of services on loopback: without settings that are meant for services on a network. */
export function serviceEnvironment(
  env: Readonly<Record<string, string | undefined>>,
): Record<string, string | undefined> {
  const foreign = /^SIPF_(?:TLS_|ADDRESS$|METRICS_ADDRESS$|EXIT_WITH_PARENT$)/;
  return Object.fromEntries(Object.entries(env).filter(([name]) => !foreign.test(name)));
}
