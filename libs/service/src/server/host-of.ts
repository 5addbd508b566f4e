/** `10.0.0.7` of the peer `10.0.0.7:40112`. */
export function hostOf(peer: string): string {
  return peer.slice(0, Math.max(0, peer.lastIndexOf(':'))) || peer;
}
