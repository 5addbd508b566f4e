/** Metrics without labels on a service's `/metrics`, by name; reads several at once because reading resets some. */
export async function readMetrics<Name extends string>(
  metricsUrl: string,
  names: readonly Name[],
): Promise<Record<Name, number>> {
  const text = await (await fetch(`${metricsUrl}/metrics`)).text();
  const values = new Map(text.split('\n').map((line) => line.split(' ') as [string, string | undefined]));
  const entries = names.map((name) => {
    const value = values.get(name);
    if (value === undefined) throw new Error(`no metric ${name} in:\n${text}`);
    return [name, Number(value)] as const;
  });
  return Object.fromEntries(entries) as Record<Name, number>;
}
