import type { FastifyInstance } from 'fastify';

/** Records the routes added from now on. @returns gives the methods of a URL; none for an unknown one */
export function knownMethods(server: FastifyInstance): (url: string) => readonly string[] {
  const routes: { readonly url: string; readonly methods: readonly string[] }[] = [];
  server.addHook('onRoute', ({ url, method }) => {
    routes.push({ url, methods: [method].flat() });
  });
  return (requestUrl) => {
    const [path = ''] = requestUrl.split(/[?#]/, 1);
    const found = routes.filter(({ url }) => matches(url, path));
    return [...new Set(found.flatMap(({ methods }) => methods))].sort();
  };
}

/** A route is a path, or a prefix followed by a star. */
function matches(route: string, path: string): boolean {
  return route.endsWith('*') ? path.startsWith(route.slice(0, -1)) : path === route;
}
