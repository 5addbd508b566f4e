import type { ArtifactStore } from '@sipf/artifacts';
import type { Lease } from '@sipf/runs';

/** A store that takes nothing more under a lease that is lost; what is read is everybody's. */
export function fencedStore(store: ArtifactStore, lease: Pick<Lease, 'check'>): ArtifactStore {
  const fenced = <A extends unknown[], R>(put: (...args: A) => Promise<R>) => {
    return async (...args: A): Promise<R> => {
      await lease.check();
      return await put(...args);
    };
  };
  return {
    putBytes: fenced((...args) => store.putBytes(...args)),
    putFile: fenced((...args) => store.putFile(...args)),
    putStream: fenced((...args) => store.putStream(...args)),
    putFolder: fenced((...args) => store.putFolder(...args)),
    makeFolder: fenced((...args) => store.makeFolder(...args)),
    remember: fenced((...args) => store.remember(...args)),
    removeUnlessYounger: fenced((...args) => store.removeUnlessYounger(...args)),
    recall: (...args) => store.recall(...args),
    open: (...args) => store.open(...args),
    readBytes: (...args) => store.readBytes(...args),
    readRanges: (...args) => store.readRanges(...args),
    folder: (...args) => store.folder(...args),
    folderFiles: (...args) => store.folderFiles(...args),
    has: (...args) => store.has(...args),
    verify: (...args) => store.verify(...args),
    verifyCopy: (...args) => store.verifyCopy(...args),
    list: (...args) => store.list(...args),
  };
}
