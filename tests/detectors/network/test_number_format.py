"""The number format is the one that the processor really does fast."""

import os

import pytest
import torch

from detectors.network.number_format import (
    FormatWish,
    NumberFormat,
    Processor,
    choose_number_format,
)
from detectors.network.processor import ask_torch, read_processor

ZEN_4 = Processor("cpu", "AVX512", frozenset({"avx512_bf16"}))
SAPPHIRE_RAPIDS = Processor("cpu", "AMX", frozenset({"avx512_bf16", "amx_bf16"}))
HASWELL = Processor("cpu", "AVX2")


@pytest.mark.parametrize(
    ("processor", "expected", "why"),
    [
        (ZEN_4, "bfloat16", "avx512_bf16"),
        (SAPPHIRE_RAPIDS, "bfloat16", "amx_bf16, avx512_bf16"),
        (HASWELL, "float32", "has none of avx512_bf16"),
        (Processor("cpu", "AVX512"), "float32", "has none of"),
        (Processor("cpu"), "float32", "has none of"),
        (Processor("cpu", "AVX2", ZEN_4.instructions), "float32", "AVX2 kernels"),
        (Processor("cpu", "DEFAULT", ZEN_4.instructions), "float32", "ATEN_CPU_CAPABILITY"),
        (Processor("cpu", "AVX512", ZEN_4.instructions, "AVX2"), "float32", "held to AVX2"),
        (Processor("cpu", "AVX512", ZEN_4.instructions, "avx512_core"), "float32", "ONEDNN_MAX"),
        (Processor("cpu", "AVX512", ZEN_4.instructions, "AVX512_CORE_BF16"), "bfloat16", ""),
        (Processor("cpu", "AMX", ZEN_4.instructions, "avx512_core_amx"), "bfloat16", ""),
        (Processor("cpu", "AVX512", ZEN_4.instructions, "ALL"), "bfloat16", ""),
        (Processor("cuda", has_gpu_bfloat16=True), "bfloat16", "the GPU"),
        (Processor("cuda:1"), "float32", "the GPU has no bfloat16"),
    ],
)
def test_auto_takes_bfloat16_where_the_processor_does_it_fast(processor, expected, why):
    chosen = choose_number_format(FormatWish.AUTO, processor)
    assert chosen.number_format == expected
    assert why in chosen.why


def test_what_is_set_is_done_and_said_to_be_slow_where_it_is():
    for wish in (FormatWish.FLOAT32, FormatWish.BFLOAT16):
        chosen = choose_number_format(wish, ZEN_4)
        assert (chosen.number_format, chosen.why) == (NumberFormat(wish), "as set")
    slow = choose_number_format(FormatWish.BFLOAT16, HASWELL)
    assert slow.number_format is NumberFormat.BFLOAT16
    assert slow.why.startswith("as set, though slow")


@pytest.mark.parametrize("limit", ["", "AVX2", "AVX512_CORE_BF16"])
@pytest.mark.parametrize("wish", FormatWish)
def test_this_processor_is_known_without_torch_as_torch_knows_it(wish, limit):
    # torch may be held to older kernels here, as a test of a machine without bfloat16 does
    kernels = os.environ.get("ATEN_CPU_CAPABILITY", "")
    read, told = read_processor("cpu", limit, kernels), ask_torch("cpu", limit)
    assert choose_number_format(wish, read) == choose_number_format(wish, told)
    if limit == "AVX2":
        assert choose_number_format(FormatWish.AUTO, read).number_format is NumberFormat.FLOAT32


def test_a_processor_is_read_from_what_linux_says(tmp_path):
    wide, file = "fma avx512f avx512bw avx512dq avx512vl", tmp_path / "cpuinfo"
    said = {
        "sse2 avx2 fma": ("", set()),
        wide: ("AVX512", set()),
        f"{wide} avx512_bf16": ("AVX512", {"avx512_bf16"}),
        f"{wide} avx512_bf16 amx_bf16 amx_tile": ("AVX512", {"avx512_bf16", "amx_bf16"}),
    }
    for flags, (kernels, instructions) in said.items():
        file.write_text(f"processor\t: 0\nflags\t\t: {flags}\nbugs\t\t:\n", encoding="utf-8")
        read = read_processor("cpu", "", flags_file=file)
        assert (read.kernels, read.instructions) == (kernels, instructions)


def test_torch_is_asked_where_it_alone_knows(tmp_path):
    silent, odd = tmp_path / "none", tmp_path / "cpuinfo"
    odd.write_text("flags : avx512_bf16 avx2\n", encoding="utf-8")
    told = ask_torch("cpu", "")
    assert read_processor("cpu", "", flags_file=silent) == told
    assert read_processor("cpu", "", flags_file=odd) == told
    assert read_processor("cpu", "", "avx2") == told
    if not torch.cuda.is_available():
        assert not read_processor("cuda", "").has_gpu_bfloat16
