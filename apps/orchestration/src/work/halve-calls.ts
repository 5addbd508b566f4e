import { isTooLarge } from '@sipf/service';

/**
 * Calls with some items, and again with each half of them where that is more than the service takes at once: how much that is
 * is its operator's choice.
 * @param call gives the results in the items' order; each must depend on its item alone
 * @throws what `call` does; for one item alone that is too large too
 */
export async function inHalves<I, R>(
  items: readonly I[],
  call: (items: readonly I[]) => Promise<readonly R[]>,
): Promise<readonly R[]> {
  try {
    return await call(items);
  } catch (error) {
    if (!isTooLarge(error) || items.length < 2) throw error;
    const middle = Math.ceil(items.length / 2);
    const first = await inHalves(items.slice(0, middle), call);
    return [...first, ...(await inHalves(items.slice(middle), call))];
  }
}
