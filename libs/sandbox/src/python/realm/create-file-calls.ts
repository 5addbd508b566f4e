import type { FileNode, Files, FileLocation } from './create-files.ts';
import type { Heap } from './create-heap.ts';

/** Takes what goes to standard output (1) or standard error (2), as binary text. */
export type WriteOutput = (descriptor: 1 | 2, text: string) => void;

/** Functions that WebAssembly calls: numbers and, for 64 bits, big integers. */
export type HostCalls = Record<string, (...args: never[]) => unknown>;

interface OpenFile {
  readonly node: FileNode;
  readonly isAppending: boolean;
  readonly isWritable: boolean;
  offset: number;
}

/**
 * The file calls of a C library on WebAssembly, answered from a tree in memory; `console` is what descriptors 0, 1 and 2 are
 * open on. Runs inside the isolate from its source text.
 */
export function createFileCalls(heap: Heap, files: Files, console: FileNode, write: WriteOutput): HostCalls {
  const [EBADF, EEXIST, EINVAL, EISDIR, EMFILE, ENOENT, ENOTDIR, ENOTTY, EROFS, ESPIPE] = [
    8, 20, 28, 31, 33, 44, 54, 59, 69, 70,
  ];
  const maxOpenFiles = 256;
  /** Handed over at once, so that what is beyond the limit of output is never read. */
  const largestPiece = 2 ** 18;
  const currentFolder = -100;
  const direntBytes = 280;
  const newFile = (node: FileNode, isWritable = false, isAppending = false): OpenFile => ({
    node,
    isWritable,
    isAppending,
    offset: 0,
  });
  const open = new Map<number, OpenFile>([0, 1, 2].map((descriptor) => [descriptor, newFile(console)]));
  let folder = files.root;
  const nodeOf = (location: FileLocation | number) =>
    typeof location === 'number' ? location : (location.node ?? -ENOENT);
  const locate = (base: number, pointer: number): FileLocation | number => {
    const from = base === currentFolder ? folder : open.get(base)?.node;
    return from === undefined ? -EBADF : files.locate(heap.readText(pointer), from);
  };
  const register = (file: OpenFile, least = 0) => {
    let descriptor = least;
    while (open.has(descriptor)) descriptor += 1;
    if (open.size >= maxOpenFiles || descriptor > 65_535) return -EMFILE;
    open.set(descriptor, file);
    return descriptor;
  };
  const openAt = (base: number, pointer: number, flags: number) => {
    const location = locate(base, pointer);
    if (typeof location === 'number') return location;
    const isWritable = (flags & 3) !== 0;
    if (location.node !== undefined && (flags & 0o300) === 0o300) return -EEXIST;
    const node = location.node ?? ((flags & 0o100) === 0 ? -ENOENT : files.create(location, false));
    if (typeof node === 'number') return node;
    if (node.isFolder && isWritable) return -EISDIR;
    if (!node.isFolder && (flags & 0o200000) !== 0) return -ENOTDIR;
    if (node.isReadOnly && isWritable) return -EROFS;
    if ((flags & 0o1000) !== 0 && isWritable) files.resize(node, 0);
    return register(newFile(node, isWritable, (flags & 0o2000) !== 0));
  };
  const writeStat = (node: FileNode | number, pointer: number) => {
    if (typeof node === 'number') return node;
    const view = heap.view();
    const isStream = node === console;
    const mode = node.isFolder ? 0o40755 : isStream ? 0o10644 : 0o100644;
    heap.bytes().fill(0, pointer, pointer + 96);
    const words = [1, mode, 1];
    words.forEach((word, index) => {
      view.setInt32(pointer + 4 * index, word, true);
    });
    view.setBigInt64(pointer + 24, BigInt(isStream ? 0 : node.size), true);
    view.setInt32(pointer + 32, 4096, true);
    view.setInt32(pointer + 36, Math.ceil(node.size / 512), true);
    for (const at of [40, 56, 72]) {
      view.setBigInt64(pointer + at, BigInt(Math.floor(node.modifiedMs / 1000)), true);
      view.setInt32(pointer + at + 8, (node.modifiedMs % 1000) * 1e6, true);
    }
    view.setBigInt64(pointer + 88, BigInt(node.inode), true);
    return 0;
  };
  /** Goes through a list of buffers in memory until one is not used whole. */
  const eachBuffer = (list: number, count: number, use: (pointer: number, length: number) => number) => {
    let total = 0;
    for (let index = 0; index < count; index += 1) {
      const pointer = heap.view().getUint32(list + 8 * index, true);
      const length = heap.view().getUint32(list + 8 * index + 4, true);
      const used = use(pointer, length);
      if (used < 0) return total === 0 ? used : total;
      total += used;
      if (used < length) break;
    }
    return total;
  };
  const readAt = (node: FileNode, offset: number, pointer: number, length: number) => {
    if (node.isFolder) return -EISDIR;
    const part = node.bytes.subarray(Math.min(offset, node.size), Math.min(node.size, offset + length));
    heap.bytes().set(part, pointer);
    return part.length;
  };
  const writeAt = (node: FileNode, offset: number, pointer: number, length: number) => {
    const resized = offset + length > node.size ? files.resize(node, offset + length) : 0;
    if (resized < 0) return resized;
    node.bytes.set(heap.bytes().subarray(pointer, pointer + length), offset);
    return length;
  };
  const answer = (total: number, pointer: number) => {
    if (total < 0) return -total;
    heap.view().setUint32(pointer, total, true);
    return 0;
  };
  const withFile = (descriptor: number, use: (file: OpenFile) => number) => {
    const file = open.get(descriptor);
    return file === undefined ? -EBADF : use(file);
  };
  const truncate = (node: FileNode | number, size: bigint) => {
    if (typeof node === 'number') return node;
    if (node.isFolder) return -EISDIR;
    return size < 0 || size > 0x7fffffffn ? -EINVAL : files.resize(node, Number(size));
  };
  const removeAt = (base: number, pointer: number, isFolder: boolean) => {
    const location = locate(base, pointer);
    if (typeof location === 'number') return location;
    if (location.node !== undefined && location.node.isFolder !== isFolder)
      return isFolder ? -ENOTDIR : -EISDIR;
    return files.remove(location);
  };
  const enter = (node: FileNode | number) => {
    if (typeof node === 'number') return node;
    if (!node.isFolder) return -ENOTDIR;
    folder = node;
    return 0;
  };
  const listFolder = (file: OpenFile, pointer: number, bytes: number) => {
    const entries = [['.', file.node], ['..', file.node], ...file.node.children] as [string, FileNode][];
    const rest = entries.slice(file.offset, file.offset + Math.floor(bytes / direntBytes));
    const view = heap.view();
    rest.forEach(([name, node], index) => {
      const at = pointer + index * direntBytes;
      view.setBigInt64(at, BigInt(node.inode), true);
      view.setBigInt64(at + 8, BigInt(file.offset + index + 1), true);
      view.setUint16(at + 16, direntBytes, true);
      view.setUint8(at + 18, node.isFolder ? 4 : 8);
      heap.writeText(at + 19, `${name.slice(0, 255)}\0`);
    });
    file.offset += rest.length;
    return rest.length * direntBytes;
  };
  const seek = (descriptor: number, offset: bigint, whence: number, pointer: number) =>
    -withFile(descriptor, (file) => {
      if (file.node === console) return -ESPIPE;
      const target = [0, file.offset, file.node.size][whence];
      const next = (target ?? Number.NaN) + Number(offset);
      if (!(next >= 0 && next <= 0x7fffffff)) return -EINVAL;
      file.offset = next;
      heap.view().setBigInt64(pointer, BigInt(next), true);
      return 0;
    });
  return {
    __syscall_openat: openAt,
    __syscall_fcntl64: (descriptor: number, command: number, args: number) =>
      withFile(descriptor, (file) => {
        if (command === 0 || command === 1030) return register(file, heap.view().getInt32(args, true));
        if (command === 3) return file.isWritable ? 2 : 0;
        return command < 15 ? 0 : -EINVAL;
      }),
    __syscall_ioctl: () => -ENOTTY,
    __syscall_dup: (descriptor: number) => withFile(descriptor, (file) => register(file)),
    __syscall_dup3: (from: number, to: number) =>
      withFile(from, (file) => {
        if (from === to || to < 0 || to > 65_535) return -EINVAL;
        open.set(to, file);
        return to;
      }),
    __syscall_stat64: (path: number, out: number) => writeStat(nodeOf(locate(currentFolder, path)), out),
    __syscall_lstat64: (path: number, out: number) => writeStat(nodeOf(locate(currentFolder, path)), out),
    __syscall_fstat64: (descriptor: number, out: number) =>
      withFile(descriptor, ({ node }) => writeStat(node, out)),
    __syscall_newfstatat: (base: number, path: number, out: number) =>
      writeStat(nodeOf(locate(base, path)), out),
    __syscall_faccessat: (base: number, path: number) => Math.min(0, Number(nodeOf(locate(base, path))) || 0),
    __syscall_getcwd: (out: number, size: number) => {
      const path = `${files.pathOf(folder)}\0`;
      if (path.length > size) return -EINVAL;
      heap.writeText(out, path);
      return path.length;
    },
    __syscall_chdir: (path: number) => enter(nodeOf(locate(currentFolder, path))),
    __syscall_fchdir: (descriptor: number) => withFile(descriptor, ({ node }) => enter(node)),
    __syscall_getdents64: (descriptor: number, out: number, bytes: number) =>
      withFile(descriptor, (file) => (file.node.isFolder ? listFolder(file, out, bytes) : -ENOTDIR)),
    __syscall_mkdirat: (base: number, path: number) => {
      const location = locate(base, path);
      const made = typeof location === 'number' ? location : files.create(location, true);
      return typeof made === 'number' ? made : 0;
    },
    __syscall_unlinkat: (base: number, path: number, flags: number) =>
      removeAt(base, path, (flags & 0o1000) !== 0),
    __syscall_rmdir: (path: number) => removeAt(currentFolder, path, true),
    __syscall_renameat: (fromBase: number, from: number, toBase: number, to: number) => {
      const [source, target] = [locate(fromBase, from), locate(toBase, to)];
      if (typeof source === 'number') return source;
      return typeof target === 'number' ? target : files.rename(source, target);
    },
    __syscall_truncate64: (path: number, size: bigint) => truncate(nodeOf(locate(currentFolder, path)), size),
    __syscall_ftruncate64: (descriptor: number, size: bigint) =>
      withFile(descriptor, ({ node, isWritable }) => (isWritable ? truncate(node, size) : -EINVAL)),
    __syscall_readlinkat: () => -EINVAL,
    __syscall_utimensat: () => 0,
    __syscall_chmod: () => 0,
    __syscall_fchmod: () => 0,
    __syscall_fdatasync: () => 0,
    fd_sync: () => 0,
    fd_close: (descriptor: number) => (open.delete(descriptor) ? 0 : EBADF),
    fd_read: (descriptor: number, list: number, count: number, out: number) => {
      const read = (file: OpenFile) =>
        eachBuffer(list, count, (pointer, length) => {
          const used = readAt(file.node, file.offset, pointer, length);
          file.offset += Math.max(0, used);
          return used;
        });
      return answer(withFile(descriptor, read), out);
    },
    fd_pread: (descriptor: number, list: number, count: number, offset: bigint, out: number) => {
      const read = ({ node }: OpenFile) => {
        let at = Number(offset);
        return eachBuffer(list, count, (pointer, length) => {
          const used = readAt(node, at, pointer, length);
          at += Math.max(0, used);
          return used;
        });
      };
      return answer(withFile(descriptor, read), out);
    },
    fd_write: (descriptor: number, list: number, count: number, out: number) => {
      const writeAll = (file: OpenFile) =>
        eachBuffer(list, count, (pointer, length) => {
          if (file.node === console) {
            // In the order of dup2, not of numbers: only the descriptor distinguishes the console's streams.
            for (let at = 0; at < length; at += largestPiece) {
              const size = Math.min(largestPiece, length - at);
              write(descriptor === 2 ? 2 : 1, heap.readText(pointer + at, size));
            }
            return length;
          }
          if (!file.isWritable) return -EBADF;
          if (file.isAppending) file.offset = file.node.size;
          const used = writeAt(file.node, file.offset, pointer, length);
          file.offset += Math.max(0, used);
          return used;
        });
      return answer(withFile(descriptor, writeAll), out);
    },
    fd_pwrite: (descriptor: number, list: number, count: number, offset: bigint, out: number) => {
      const writeAll = ({ node, isWritable }: OpenFile) => {
        let at = Number(offset);
        return eachBuffer(list, count, (pointer, length) => {
          const used = isWritable ? writeAt(node, at, pointer, length) : -EBADF;
          at += Math.max(0, used);
          return used;
        });
      };
      return answer(withFile(descriptor, writeAll), out);
    },
    fd_seek: seek,
    fd_fdstat_get: (descriptor: number, out: number) =>
      -withFile(descriptor, ({ node }) => {
        heap.bytes().fill(0, out, out + 24);
        heap.view().setUint8(out, node.isFolder ? 3 : 4);
        return 0;
      }),
  };
}
