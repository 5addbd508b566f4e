import json
import os
import struct
import tempfile
import unittest
from pathlib import Path

from sipf_vllm.probe import leave_probe
from sipf_vllm.settings import read_settings
from sipf_vllm.store import adapter_of, difference, folder_of, hex_of, model_of, read_metadata
from sipf_vllm.worker import CLAIM_SECONDS, StoreWorker

BASE = "sha256:" + "b" * 64
ADAPTER = "sha256:" + "a" * 64


class StoreTest(unittest.TestCase):
    def setUp(self):
        self._temporary = tempfile.TemporaryDirectory()
        self.addCleanup(self._temporary.cleanup)
        self.store = Path(self._temporary.name) / "store"
        self.adapter = self.store / "folders" / ("a" * 64)
        self.adapter.mkdir(parents=True)
        (self.adapter / "adapter_config.json").write_text("{}")
        self.write({"__metadata__": {"sipf.base_digest": BASE}})

    def write(self, header, size=None):
        text = json.dumps(header).encode()
        (self.adapter / "adapter_model.safetensors").write_bytes(struct.pack("<Q", size or len(text)) + text)

    def test_finds_an_adapter_of_the_served_base(self):
        self.assertEqual(adapter_of(self.store, ADAPTER, BASE), self.adapter)

    def test_knows_an_adapter_of_another_base_not(self):
        self.assertIsNone(adapter_of(self.store, ADAPTER, "sha256:" + "c" * 64))
        self.write({"__metadata__": {}})
        self.assertIsNone(adapter_of(self.store, ADAPTER, BASE))

    def test_takes_no_name_but_a_digest(self):
        digits = "a" * 64
        wrong = ["", digits, "sha256:" + "A" * 64, f"sha256:{digits[1:]}", f"sha256:{digits}0", f"sha256:{digits}\n"]
        wrong += [f"sha256:../{digits[3:]}", f"../folders/{digits}", f"sha512:{digits}", "sha256:" + "\u0661" * 64]
        for name in wrong:
            self.assertIsNone(hex_of(name), name)
            self.assertIsNone(adapter_of(self.store, name, BASE), name)

    def test_follows_no_link_out_of_the_store(self):
        outside = Path(self._temporary.name) / "outside"
        self.adapter.rename(outside)
        os.symlink(outside, self.adapter)
        self.assertIsNone(folder_of(self.store, ADAPTER))

    def test_takes_a_damaged_file_for_none(self):
        for size in [1 << 62, 1 << 20, 3]:
            self.write({"__metadata__": {"sipf.base_digest": BASE}}, size)
            self.assertIsNone(adapter_of(self.store, ADAPTER, BASE), size)
        (self.adapter / "adapter_model.safetensors").write_bytes(b"abc")
        self.assertIsNone(adapter_of(self.store, ADAPTER, BASE))
        self.write([1])
        self.assertIsNone(read_metadata(self.adapter / "adapter_model.safetensors"))
        (self.adapter / "adapter_model.safetensors").unlink()
        self.assertIsNone(adapter_of(self.store, ADAPTER, BASE))

    def test_takes_an_adapter_for_no_model_and_a_model_for_no_adapter(self):
        self.assertIsNone(model_of(self.store, ADAPTER))
        (self.adapter / "adapter_config.json").rename(self.adapter / "config.json")
        self.assertEqual(model_of(self.store, ADAPTER), self.adapter)
        self.assertIsNone(adapter_of(self.store, ADAPTER, BASE))

    def test_names_what_differs_between_two_configurations(self):
        other = self.adapter / "other"
        other.mkdir()
        for fields, expected in [
            ({"hidden_size": 64, "torch_dtype": "bfloat16"}, None),
            ({"hidden_size": 32}, "hidden_size"),
            ({"hidden_size": 64, "rope_theta": 1}, "rope_theta"),
        ]:
            (self.adapter / "config.json").write_text(json.dumps({"hidden_size": 64, "dtype": "float32"}))
            (other / "config.json").write_text(json.dumps(fields))
            self.assertEqual(difference(self.adapter, other), expected)
        (other / "config.json").write_text("{")
        self.assertIsNotNone(difference(self.adapter, other))

    def test_lets_one_client_load_at_a_time(self):
        worker = StoreWorker()
        self.assertTrue(worker.sipf_claim("a")["granted"])
        self.assertTrue(worker.sipf_claim("a")["granted"])
        self.assertFalse(worker.sipf_claim("b")["granted"])
        worker.sipf_release("b")
        self.assertFalse(worker.sipf_claim("b")["granted"])
        worker.sipf_release("a")
        self.assertTrue(worker.sipf_claim("b")["granted"])
        worker._sipf_claim = ("b", worker._sipf_claim[1] - CLAIM_SECONDS)
        self.assertTrue(worker.sipf_claim("c")["granted"])

    def test_leaves_settings_of_an_adapter_that_nothing_loads(self):
        folder = Path(self._temporary.name) / "probe"
        self.assertTrue(leave_probe(str(folder)) and leave_probe(str(folder)))
        self.assertEqual([path.name for path in folder.iterdir()], ["adapter_config.json"])
        self.assertGreater(json.loads((folder / "adapter_config.json").read_text())["r"], 512)
        self.assertFalse(leave_probe(str(folder / "adapter_config.json")))

    def test_refuses_settings_that_cannot_be_right(self):
        self.assertIsNone(read_settings({}))
        right = {"SIPF_STORE": str(self.store), "SIPF_BASE_DIGEST": BASE}
        self.assertEqual(read_settings(right).base, BASE)
        for change in [{"SIPF_BASE_DIGEST": "base"}, {"SIPF_BASE_DIGEST": ""}, {"SIPF_STORE": "/nowhere/at/all"}]:
            with self.assertRaises(ValueError):
                read_settings({**right, **change})


if __name__ == "__main__":
    unittest.main()
