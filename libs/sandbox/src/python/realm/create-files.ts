/** A file or folder of the private, in-memory file system. */
export interface FileNode {
  readonly inode: number;
  readonly isFolder: boolean;
  readonly isReadOnly: boolean;
  readonly children: Map<string, FileNode>;
  /** Contents; the first `size` bytes count. */
  bytes: Uint8Array;
  size: number;
  modifiedMs: number;
}

/** A folder and the name in it that a path ends with; `node` where that exists. */
export interface FileLocation {
  readonly folder: FileNode;
  readonly name: string;
  readonly node: FileNode | undefined;
}

/** The tree of one program's files. Every function that can fail answers a negative errno instead of throwing. */
export interface Files {
  readonly root: FileNode;
  /** Finds what a path names, from `base` where it is relative. */
  readonly locate: (path: string, base: FileNode) => FileLocation | number;
  readonly create: (location: FileLocation, isFolder: boolean) => FileNode | number;
  readonly remove: (location: FileLocation) => number;
  readonly rename: (from: FileLocation, to: FileLocation) => number;
  readonly resize: (node: FileNode, size: number) => number;
  /** Makes a file that cannot be written, with its folders. */
  readonly addReadOnly: (path: string, bytes: Uint8Array) => FileNode;
  readonly pathOf: (node: FileNode) => string;
}

/** How much the files of a program may hold together; every file or folder counts for 512 bytes of it. */
export interface FileBudget {
  readonly maxFileBytes: number;
}

/** Makes an empty tree. The budget is read anew at every use. Runs inside the isolate from its source text. */
export function createFiles(budget: FileBudget): Files {
  const [EEXIST, EISDIR, ENOENT, ENOSPC, ENOTDIR, ENOTEMPTY, EROFS] = [-20, -31, -44, -51, -54, -55, -69];
  const bytesPerNode = 512;
  let nextInode = 1;
  let used = 0;
  const createNode = (isFolder: boolean, isReadOnly: boolean): FileNode => ({
    inode: nextInode++,
    isFolder,
    isReadOnly,
    children: new Map(),
    bytes: new Uint8Array(0),
    size: 0,
    modifiedMs: Date.now(),
  });
  const root = createNode(true, false);
  const parents = new Map<FileNode, FileLocation>();
  const attach = (folder: FileNode, name: string, node: FileNode) => {
    folder.children.set(name, node);
    parents.set(node, { folder, name, node });
    folder.modifiedMs = Date.now();
  };
  const detach = ({ folder, name, node }: FileLocation) => {
    folder.children.delete(name);
    if (node !== undefined) parents.delete(node);
  };
  const locate = (path: string, base: FileNode): FileLocation | number => {
    let location: FileLocation = { folder: root, name: '', node: path.startsWith('/') ? root : base };
    for (const name of path.split('/')) {
      if (name === '' || name === '.') continue;
      const folder = location.node;
      if (folder === undefined) return ENOENT;
      if (!folder.isFolder) return ENOTDIR;
      if (name === '..') location = { folder: root, name: '', node: parents.get(folder)?.folder ?? root };
      else location = { folder, name, node: folder.children.get(name) };
    }
    return location;
  };
  const create = ({ folder, name, node }: FileLocation, isFolder: boolean) => {
    if (node !== undefined || name === '') return EEXIST;
    if (used + bytesPerNode > budget.maxFileBytes) return ENOSPC;
    used += bytesPerNode;
    const made = createNode(isFolder, false);
    attach(folder, name, made);
    return made;
  };
  const resize = (node: FileNode, size: number) => {
    if (node.isReadOnly) return EROFS;
    if (used + size - node.size > budget.maxFileBytes) return ENOSPC;
    used += size - node.size;
    if (size > node.bytes.length) {
      const grown = new Uint8Array(Math.max(size, Math.min(node.bytes.length * 2, size + 1_048_576)));
      grown.set(node.bytes.subarray(0, node.size));
      node.bytes = grown;
    } else node.bytes.fill(0, size, node.size);
    node.size = size;
    node.modifiedMs = Date.now();
    return 0;
  };
  const remove = (location: FileLocation) => {
    const { node } = location;
    if (node === undefined) return ENOENT;
    if (node === root || node.isReadOnly) return EROFS;
    if (node.children.size > 0) return ENOTEMPTY;
    used -= bytesPerNode + node.size;
    detach(location);
    return 0;
  };
  const rename = (from: FileLocation, to: FileLocation) => {
    const { node } = from;
    if (node === undefined || to.name === '') return ENOENT;
    if (node === to.node) return 0;
    if (node.isReadOnly || to.node?.isReadOnly === true) return EROFS;
    for (let above: FileNode | undefined = to.folder; above; above = parents.get(above)?.folder) {
      if (above === node) return EEXIST;
    }
    if (to.node?.isFolder === true && !node.isFolder) return EISDIR;
    const removed = to.node === undefined ? 0 : remove(to);
    if (removed !== 0) return removed;
    detach(from);
    attach(to.folder, to.name, node);
    return 0;
  };
  const addReadOnly = (path: string, bytes: Uint8Array) => {
    let folder = root;
    const names = path.split('/').filter((name) => name !== '');
    const last = names.pop() ?? '';
    for (const name of names) {
      const next = folder.children.get(name) ?? createNode(true, true);
      attach(folder, name, next);
      folder = next;
    }
    const node = { ...createNode(false, true), bytes, size: bytes.length };
    attach(folder, last, node);
    return node;
  };
  const pathOf = (node: FileNode): string => {
    const location = parents.get(node);
    if (location === undefined) return '/';
    const above = pathOf(location.folder);
    return above === '/' ? `/${location.name}` : `${above}/${location.name}`;
  };
  return { root, locate, create, remove, rename, resize, addReadOnly, pathOf };
}
