import type { FastifyInstance } from 'fastify';

/** Notes the routes that are added from now on. @returns the methods that a URL is served by; none for one that is not */
export function knownMethods(server: FastifyInstance): (url: string) => readonly string[] {
  const routes: { readonly url: string; readonly methods: readonly string[] }[] = [];
  server.addHook('onRoute', ({ url, method }) => {
    routes.push({ url, methods: [method].flat() });
  });
  return (asked) => {
    const [path = ''] = asked.split(/[?#]/, 1);
    const found = routes.filter(({ url }) => matches(url, path));
    return [...new Set(found.flatMap(({ methods }) => methods))].sort();
  };
}

/** A route is a path, or the beginning of one before a star. */
function matches(route: string, path: string): boolean {
  return route.endsWith('*') ? path.startsWith(route.slice(0, -1)) : path === route;
}
