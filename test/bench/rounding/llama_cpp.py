"""llama.cpp's quantiser and its log-probabilities, by the C library in the folder that LLAMA_CPP names.

    python llama_cpp.py quantise F16.gguf OUT.gguf q4_0|q8_0
    python llama_cpp.py log-probs FILE.gguf THREADS    orders on stdin, one a line: {"rows": [[ids]]}
"""

import ctypes
import glob
import json
import os
import sys

import numpy as np

FILE_TYPES = {'q4_0': 2, 'q8_0': 7}


class Parameters(ctypes.Structure):
    """Any of the library's structures of parameters, with room to spare: only its first fields are known here."""

    _fields_ = [('words', ctypes.c_int32 * 128)]


class Batch(ctypes.Structure):
    _fields_ = [
        ('n_tokens', ctypes.c_int32),
        ('token', ctypes.POINTER(ctypes.c_int32)),
        ('embd', ctypes.c_void_p),
        ('pos', ctypes.POINTER(ctypes.c_int32)),
        ('n_seq_id', ctypes.POINTER(ctypes.c_int32)),
        ('seq_id', ctypes.POINTER(ctypes.POINTER(ctypes.c_int32))),
        ('logits', ctypes.POINTER(ctypes.c_int8)),
    ]


def find(folder, start):
    [path] = [p for p in glob.glob(os.path.join(folder, start)) if 'common' not in p]
    return ctypes.CDLL(path, mode=ctypes.RTLD_GLOBAL)


def open_library():
    folder = os.path.join(os.environ['LLAMA_CPP'], 'node_modules/@node-llama-cpp/linux-x64/bins/linux-x64')
    ggml = find(folder, 'libggml.*so')
    llama = find(folder, 'libllama*.so')
    ggml.ggml_backend_load_all_from_path(folder.encode())
    llama.llama_backend_init()
    return llama


def quantise(llama, source, target, kind):
    llama.llama_model_quantize_default_params.restype = Parameters
    parameters = llama.llama_model_quantize_default_params()
    parameters.words[0] = 1
    parameters.words[1] = FILE_TYPES[kind]
    llama.llama_model_quantize.argtypes = [ctypes.c_char_p, ctypes.c_char_p, ctypes.POINTER(Parameters)]
    if llama.llama_model_quantize(source.encode(), target.encode(), ctypes.byref(parameters)) != 0:
        raise SystemExit('not quantised')


def log_probs(llama, path, threads, rows):
    llama.llama_model_default_params.restype = Parameters
    llama.llama_model_load_from_file.argtypes = [ctypes.c_char_p, Parameters]
    llama.llama_model_load_from_file.restype = ctypes.c_void_p
    model = llama.llama_model_load_from_file(path.encode(), llama.llama_model_default_params())
    llama.llama_context_default_params.restype = Parameters
    parameters = llama.llama_context_default_params()
    for at in range(3):
        parameters.words[at] = 512
    llama.llama_init_from_model.argtypes = [ctypes.c_void_p, Parameters]
    llama.llama_init_from_model.restype = ctypes.c_void_p
    context = llama.llama_init_from_model(model, parameters)
    llama.llama_set_n_threads.argtypes = [ctypes.c_void_p, ctypes.c_int32, ctypes.c_int32]
    llama.llama_set_n_threads(context, threads, threads)
    llama.llama_model_get_vocab.argtypes = [ctypes.c_void_p]
    llama.llama_model_get_vocab.restype = ctypes.c_void_p
    llama.llama_vocab_n_tokens.argtypes = [ctypes.c_void_p]
    words = llama.llama_vocab_n_tokens(llama.llama_model_get_vocab(model))
    llama.llama_get_memory.argtypes = [ctypes.c_void_p]
    llama.llama_get_memory.restype = ctypes.c_void_p
    llama.llama_memory_clear.argtypes = [ctypes.c_void_p, ctypes.c_bool]
    llama.llama_decode.argtypes = [ctypes.c_void_p, Batch]
    llama.llama_get_logits.argtypes = [ctypes.c_void_p]
    llama.llama_get_logits.restype = ctypes.POINTER(ctypes.c_float)
    llama.llama_batch_init.restype = Batch
    batch = llama.llama_batch_init(512, 0, 1)
    memory = llama.llama_get_memory(context)
    found = []
    for ids in rows:
        llama.llama_memory_clear(memory, True)
        batch.n_tokens = len(ids)
        for at, token in enumerate(ids):
            batch.token[at], batch.pos[at], batch.n_seq_id[at], batch.logits[at] = token, at, 1, 1
            batch.seq_id[at][0] = 0
        if llama.llama_decode(context, batch) != 0:
            raise SystemExit('not decoded')
        logits = np.ctypeslib.as_array(llama.llama_get_logits(context), (len(ids), words)).astype(np.float64)
        top = logits.max(axis=1, keepdims=True)
        logs = logits - top - np.log(np.exp(logits - top).sum(axis=1, keepdims=True))
        found.append([float(logs[at, token]) for at, token in enumerate(ids[1:])])
    return found


if __name__ == '__main__':
    llama = open_library()
    if sys.argv[1] == 'quantise':
        quantise(llama, *sys.argv[2:5])
    else:
        print('{"ready":true}', flush=True)
        for line in sys.stdin:
            print(json.dumps({'logProbs': log_probs(llama, sys.argv[2], int(sys.argv[3]), json.loads(line)['rows'])}), flush=True)
